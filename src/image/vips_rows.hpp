// Rows of an image that libvips reads, decoded in the calling thread, a strip at a time.
#pragma once

#include "sma/core/error.hpp"

#include "image_header.hpp"
#include "row_source.hpp"
#include "work_watch.hpp"

#include <cstdint>
#include <memory>

namespace sma::image {

/// One opened file. Belongs to one thread. The header, its file and the watch must outlive it.
class vips_rows final : public row_source {
public:
    ~vips_rows() override;

    /// Opens header.parts with the loader of its format. Errors: preprocessing_failed, those of the watch. Throws
    /// std::bad_alloc.
    static result<std::unique_ptr<row_source>> open(image_header const& header, std::string_view file,
                                                    row_options const& options, work_watch const& watch);

    int width() const noexcept override;
    int height() const noexcept override;
    pixel_kind kind() const noexcept override { return kind_; }
    result<void> prepare(int y, int n) override;
    std::uint8_t const* row(int y) const noexcept override;

private:
    struct handles;
    explicit vips_rows(std::unique_ptr<handles> h) noexcept;
    error failure(bool no_memory) const;

    std::unique_ptr<handles> handles_;
    pixel_kind kind_ = pixel_kind::rgb8;
};

}  // namespace sma::image
