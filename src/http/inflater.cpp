#include "inflater.hpp"

#include "zlib_inflater.hpp"
#include "zstd_inflater.hpp"

#include <string>

namespace sma::http {

std::unique_ptr<inflater> inflater::make(content_coding coding, std::uint64_t ratio_max) {
    if (coding == content_coding::zstd) return std::make_unique<zstd_inflater>(ratio_max);
    return std::make_unique<zlib_inflater>(coding, ratio_max);
}

result<std::string_view> inflater::next(std::string_view& bytes, std::span<char> into) {
    if (bytes.empty() && !may_have_more_) return std::string_view();
    auto const before = bytes.size();
    auto const written = step(bytes, into);
    if (!written) return written.error();
    coded_bytes_ += before - bytes.size();
    content_bytes_ += *written;
    may_have_more_ = *written == into.size();
    if (content_bytes_ > inflated_bytes_free && content_bytes_ / ratio_max_ > coded_bytes_)
        return error(errc::file_too_large, "the body inflates to more than " + std::to_string(ratio_max_) +
                                               " times its size; the limit is the setting max_inflate_ratio");
    return std::string_view(into.data(), *written);
}

result<void> inflater::finish() const {
    if (coded_bytes_ == 0 || is_whole()) return {};
    return error(errc::malformed_request, "the compressed body ends before its data does; send the whole body");
}

}  // namespace sma::http
