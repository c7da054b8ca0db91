#include "chunk_decoder.hpp"

#include "header_text.hpp"
#include "sma/core/hexadecimal.hpp"

#include <algorithm>

namespace sma::http {

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
            state_ = left_ > 0 ? state::content : state::trailer_begin;
            return c == '\n';
        case state::content_cr:
            state_ = state::content_lf;
            return c == '\r';
        case state::content_lf:
            state_ = state::size;
            digits_ = 0;
            extensions_ = {};
            return c == '\n';
        case state::trailer_lf:
            state_ = state::trailer_begin;
            return c == '\n';
        case state::last_lf:
            state_ = state::finished;
            return c == '\n';
        case state::trailer_begin:
        case state::trailer_name:
        case state::trailer_value:
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
    state_ = state::extension;
    return digits_ > 0 && take_extension(c);
}

bool chunk_decoder::take_extension(char c) {
    if (c == '\r') {
        state_ = state::size_lf;
        return extensions_.is_whole();
    }
    return ++overhead_ <= overhead_max && extensions_.take(c);
}

/// A field line (RFC 9112 section 5), or the empty line behind the last.
bool chunk_decoder::take_trailer(char c) {
    if (c != '\r' && ++overhead_ > overhead_max) return false;
    if (state_ == state::trailer_begin) return begin_trailer(c);
    if (state_ == state::trailer_value) return take_trailer_value(c);
    if (c == ':') state_ = state::trailer_value;
    return c == ':' || is_token_character(c);
}

bool chunk_decoder::begin_trailer(char c) noexcept {
    state_ = c == '\r' ? state::last_lf : state::trailer_name;
    return c == '\r' || is_token_character(c);
}

bool chunk_decoder::take_trailer_value(char c) noexcept {
    if (c == '\r') state_ = state::trailer_lf;
    return c == '\r' || !is_control(c);
}

}  // namespace sma::http
