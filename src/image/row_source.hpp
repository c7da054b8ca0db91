// Interface for the rows of a stored image, whatever its format.
#pragma once

#include "sma/core/error.hpp"

#include "pixel_kind.hpp"

#include <cstddef>
#include <cstdint>

namespace sma::image {

/// One opened image, read from the top down. Belongs to one thread; the file must outlive it.
class row_source {
public:
    virtual ~row_source() = default;

    virtual int width() const noexcept = 0;   ///< pixels
    virtual int height() const noexcept = 0;  ///< rows
    virtual pixel_kind kind() const noexcept = 0;

    /// Decodes rows [y, y + n): y is where the last call ended, at first 0. Errors: preprocessing_failed,
    /// deadline_exceeded, client_closed_request. Throws std::bad_alloc.
    virtual result<void> prepare(int y, int n) = 0;
    /// The first pixel of a row of the last call, aligned for its kind.
    virtual std::uint8_t const* row(int y) const noexcept = 0;
};

}  // namespace sma::image
