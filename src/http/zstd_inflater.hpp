// Inflater for zstd (RFC 8878).
#pragma once

#include "inflater.hpp"

struct ZSTD_DCtx_s;  // libzstd's ZSTD_DCtx

namespace sma::http {

/// The data may have several frames. Frames with a window of more than 8 MiB are refused (RFC 9659). Belongs to one
/// request; not thread-safe.
class zstd_inflater final : public inflater {
public:
    explicit zstd_inflater(std::uint64_t ratio_max);

    std::size_t memory() const noexcept override;

private:
    struct closer {
        void operator()(ZSTD_DCtx_s* stream) const noexcept;
    };

    result<std::size_t> step(std::string_view& bytes, std::span<char> into) override;
    bool is_whole() const noexcept override { return ended_; }

    std::unique_ptr<ZSTD_DCtx_s, closer> stream_;
    bool ended_ = false;  ///< at the end of a frame
};

}  // namespace sma::http
