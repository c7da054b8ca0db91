// Inflater for gzip (RFC 1952) and deflate (RFC 1950 and, as some clients send it, RFC 1951).
#pragma once

#include "inflater.hpp"

#include <zlib.h>

namespace sma::http {

/// gzip data may have several members. Belongs to one request; not thread-safe.
class zlib_inflater final : public inflater {
public:
    zlib_inflater(content_coding coding, std::uint64_t ratio_max) : inflater(ratio_max), coding_(coding) {}
    ~zlib_inflater() override;

    std::size_t memory() const noexcept override;

private:
    result<std::size_t> step(std::string_view& bytes, std::span<char> into) override;
    bool is_whole() const noexcept override { return ended_; }
    void begin(char first);
    result<void> go_on();

    content_coding const coding_;
    z_stream stream_{};
    bool begun_ = false;
    bool ended_ = false;  ///< at the end of the data, or of a member
};

}  // namespace sma::http
