#include "zstd_inflater.hpp"

#include <zstd.h>
#include <zstd_errors.h>

#include <new>

namespace sma::http {
namespace {

constexpr int window_log_max = 23;

error failed(std::size_t status) {
    auto const code = ZSTD_getErrorCode(status);
    if (code == ZSTD_error_memory_allocation) throw std::bad_alloc();
    return error(errc::malformed_request, code == ZSTD_error_frameParameter_windowTooLarge
                                              ? "the zstd data needs a window of more than 8 MiB"
                                              : "the body is not in the format that Content-Encoding names");
}

}  // namespace

void zstd_inflater::closer::operator()(ZSTD_DCtx_s* stream) const noexcept { ZSTD_freeDCtx(stream); }

zstd_inflater::zstd_inflater(std::uint64_t ratio_max) : inflater(ratio_max), stream_(ZSTD_createDCtx()) {
    if (!stream_) throw std::bad_alloc();
    ZSTD_DCtx_setParameter(stream_.get(), ZSTD_d_windowLogMax, window_log_max);
}

std::size_t zstd_inflater::memory() const noexcept { return ZSTD_sizeof_DCtx(stream_.get()); }

result<std::size_t> zstd_inflater::step(std::string_view& bytes, std::span<char> into) {
    ZSTD_outBuffer out{into.data(), into.size(), 0};
    while (out.pos < out.size && !(ended_ && bytes.empty())) {
        ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
        auto const before = out.pos;
        auto const left = ZSTD_decompressStream(stream_.get(), &out, &in);
        if (ZSTD_isError(left) != 0) return failed(left);
        bytes.remove_prefix(in.pos);
        ended_ = left == 0;
        if (bytes.empty() && out.pos == before) break;
    }
    return out.pos;
}

}  // namespace sma::http
