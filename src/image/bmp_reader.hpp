// Strict reader of Windows bitmaps, which libvips reads only through ImageMagick.
#pragma once

#include "byte_reader.hpp"
#include "image_header.hpp"
#include "row_source.hpp"
#include "work_watch.hpp"

#include <cstdint>
#include <string_view>
#include <vector>

namespace sma::image {

/// Rows of a BMP of 1, 4, 8, 16, 24 or 32 bits a pixel, uncompressed or in run lengths, bottom-up or top-down. Pixels
/// missing from an uncompressed file are black.
class bmp_reader final : public row_source {
public:
    /// Errors: preprocessing_failed, also for a JPEG or PNG inside.
    static result<bmp_reader> open(std::string_view file);

    bool has_runs() const noexcept { return has_runs_; }
    /// Must come before any row where has_runs(). What is cut off is an error, or the first color of the palette.
    /// Errors: preprocessing_failed, those of the watch. Throws std::bad_alloc.
    result<void> decode_runs(bool allow_truncated, work_watch const& watch);

    int width() const noexcept override { return width_; }
    int height() const noexcept override { return height_; }
    pixel_kind kind() const noexcept override { return pixel_kind::rgb8; }
    result<void> prepare(int y, int n) override;
    std::uint8_t const* row(int y) const noexcept override;

    /// True if every row is in the file; of run lengths that is not known before they are decoded.
    bool is_complete() const noexcept;

private:
    struct channel {
        std::uint32_t mask = 0;
        int shift = 0;
        std::uint32_t max = 0;

        static channel of(std::uint32_t mask) noexcept;
        std::uint8_t from(std::uint32_t pixel) const noexcept;
    };

    result<void> read_size(byte_reader const& in);
    result<void> read_compression(byte_reader const& in);
    result<void> read_palette(byte_reader const& in);
    void read_row(int y, std::uint8_t* out) const noexcept;
    std::uint32_t pixel(std::size_t row, int x) const noexcept;

    std::string_view file_;
    std::string_view pixels_;  ///< of the file, or of the indices
    std::vector<std::uint8_t> indices_;
    int width_ = 0;
    int height_ = 0;
    int bits_ = 0;
    bool top_down_ = false;
    bool has_runs_ = false;
    std::uint32_t header_bytes_ = 0;
    std::uint64_t row_bytes_ = 0;
    std::size_t palette_at_ = 0;
    std::size_t palette_entry_bytes_ = 4;
    std::size_t colors_ = 0;
    channel red_;
    channel green_;
    channel blue_;
    int strip_top_ = 0;
    std::vector<std::uint8_t> strip_;
};

}  // namespace sma::image
