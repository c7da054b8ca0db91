// Rows of a JPEG, decoded by libjpeg-turbo directly. libvips feeds the same library 4 KiB at a time (past its fast
// Huffman decoder) and builds a pipeline of objects around it: a photo takes half as long again.
#pragma once

#include "image_header.hpp"
#include "row_source.hpp"
#include "work_watch.hpp"

#include <memory>
#include <string_view>

namespace sma::image {

/// One opened file. Belongs to one thread. The header, the file and the watch must outlive it.
class jpeg_rows final : public row_source {
public:
    ~jpeg_rows() override;

    /// A truncated file fails where it ends, or is gray from there on; one that lacks its end marker alone is whole.
    /// width() and height() are those of the shrunk image, where an odd pixel counts as a whole one. Errors:
    /// preprocessing_failed, those of the watch. Throws std::bad_alloc.
    static result<std::unique_ptr<row_source>> open(image_header const& header, std::string_view file,
                                                    row_options const& options, work_watch const& watch);

    int width() const noexcept override;
    int height() const noexcept override;
    pixel_kind kind() const noexcept override;
    result<void> narrow(int begin, int end) override;
    int first_column() const noexcept override;
    result<void> prepare(int y, int n) override;
    result<int> pass(int y, int end) override;
    std::uint8_t const* row(int y) const noexcept override;

private:
    class library;
    explicit jpeg_rows(std::unique_ptr<library> l) noexcept;

    std::unique_ptr<library> library_;
};

}  // namespace sma::image
