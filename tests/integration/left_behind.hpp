// Check that hostile clients leave nothing behind: after them the server holds what it held before.
#pragma once

#include "server_process.hpp"

#include <string_view>

namespace sma::test {

constexpr std::size_t mebibyte = 1024 * 1024;

/// A whole image of one pixel: a prediction that costs little but the forward pass.
inline constexpr std::string_view tiny_gif(
    "GIF89a\x01\x00\x01\x00\x80\x00\x00\xff\xff\xff\x00\x00\x00,"
    "\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02\x44\x01\x00;",
    35);

/// What a server was like before a client came; afterwards it must be so again.
class unchanged {
public:
    explicit unchanged(server_process const& server);

    /// Gauges at zero, no descriptor more, healthy, a right prediction, and no more memory than that.
    void require(std::size_t growth_bytes_max) const;

private:
    server_process const& server_;
    std::size_t descriptors_;
    std::size_t memory_;
};

}  // namespace sma::test
