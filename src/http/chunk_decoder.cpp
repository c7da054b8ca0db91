#include "chunk_decoder.hpp"

#include "sma/core/hexadecimal.hpp"

#include <algorithm>

namespace sma::http {
namespace {

bool is_text(char c) noexcept {
    auto const u = static_cast<unsigned char>(c);
    return u == '\t' || (u >= 0x20 && u != 0x7f);
}

}  // namespace

result<chunk_decoder::step> chunk_decoder::next(std::string_view bytes) {
    std::size_t used = 0;
    while (used < bytes.size() && !finished()) {
        if (state_ == state::content) {
            auto const size = static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size() - used));
            left_ -= size;
            if (left_ == 0) state_ = state::content_cr;
            return step{used + size, bytes.substr(used, size)};
        }
        if (state_ == state::failed || !take(bytes[used])) {
            state_ = state::failed;
            return error(errc::malformed_request,
                         "the chunked body is malformed, or its extensions and trailers are longer than 8192 bytes");
        }
        ++used;
    }
    return step{used, {}};
}

bool chunk_decoder::take(char c) {
    switch (state_) {
        case state::size:
            return take_size(c);
        case state::extension:
            return take_extension(c);
        case state::size_lf:
            end_of_size_line();
            return c == '\n';
        case state::content_cr:
            state_ = state::content_lf;
            return c == '\r';
        case state::content_lf:
            state_ = state::size;
            digits_ = 0;
            return c == '\n';
        case state::trailer:
        case state::trailer_lf:
            return take_trailer(c);
        case state::content:
        case state::finished:
        case state::failed:
            break;
    }
    return false;
}

bool chunk_decoder::take_size(char c) {
    int const digit = hex_digit(c);
    if (digit >= 0) {
        left_ = left_ * 16 + static_cast<std::uint64_t>(digit);
        return ++digits_ <= 16;
    }
    state_ = c == '\r' ? state::size_lf : state::extension;
    return digits_ > 0 && (c == '\r' || c == ';');
}

bool chunk_decoder::take_extension(char c) {
    if (c == '\r') {
        state_ = state::size_lf;
        return true;
    }
    return ++overhead_ <= overhead_max && is_text(c);
}

void chunk_decoder::end_of_size_line() noexcept { state_ = left_ > 0 ? state::content : state::trailer; }

bool chunk_decoder::take_trailer(char c) {
    if (state_ == state::trailer_lf) {
        state_ = trailer_line_empty_ ? state::finished : state::trailer;
        trailer_line_empty_ = true;
        return c == '\n';
    }
    if (c == '\r') {
        state_ = state::trailer_lf;
        return true;
    }
    trailer_line_empty_ = false;
    return ++overhead_ <= overhead_max && is_text(c);
}

}  // namespace sma::http
