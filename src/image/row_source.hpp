// Interface for the rows of a stored image, whatever its format.
#pragma once

#include "sma/core/error.hpp"

#include "pixel_kind.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace sma::image {

constexpr int strip_rows = 16;  ///< rows decoded between two looks at the clock

/// How the rows of a file are read.
struct row_options {
    bool allow_truncated = false;  ///< what is missing is filled
    int shrink = 1;                ///< 1, 2, 4 or 8: a JPEG is decoded at that fraction of its size
};

/// One opened image, read from the top down. Belongs to one thread; the file must outlive it.
class row_source {
public:
    virtual ~row_source() = default;

    virtual int width() const noexcept = 0;   ///< pixels
    virtual int height() const noexcept = 0;  ///< rows
    virtual pixel_kind kind() const noexcept = 0;

    /// Says before any row is read that only columns [begin, end) are needed. Those that a source decodes anyway begin
    /// with first_column(). Errors: preprocessing_failed. Throws std::bad_alloc.
    virtual result<void> narrow(int /*begin*/, int /*end*/) { return {}; }
    virtual int first_column() const noexcept { return 0; }

    /// Decodes rows [y, y + n): y is where the last call ended, at first 0. Errors: preprocessing_failed,
    /// deadline_exceeded, client_closed_request. Throws std::bad_alloc.
    virtual result<void> prepare(int y, int n) = 0;
    /// Passes over the first of rows [y, end), which nobody needs, and returns where it stopped, after y, for the
    /// caller to look at the clock. What is damaged there fails as in prepare(). Errors: those of prepare().
    virtual result<int> pass(int y, int end) {
        int const n = std::min(strip_rows, end - y);
        if (auto prepared = prepare(y, n); prepared.has_error()) return prepared.error();
        return y + n;
    }
    /// The pixel in first_column() of a row of the last prepare(), aligned for its kind.
    virtual std::uint8_t const* row(int y) const noexcept = 0;
};

}  // namespace sma::image
