#include "chunk_extensions.hpp"

#include "header_text.hpp"

namespace sma::http {

bool chunk_extensions::go(bool allowed, place next) noexcept {
    if (allowed) place_ = next;
    return allowed;
}

/// After a whole extension, or the space behind it.
bool chunk_extensions::go_on(char c, place space) noexcept {
    if (is_space(c)) return go(true, space);
    return go(c == ';', place::before_name);
}

bool chunk_extensions::take(char c) noexcept {
    switch (place_) {
        case place::end:
        case place::before_semicolon:
            return go_on(c, place::before_semicolon);
        case place::before_name:
            return is_space(c) || go(is_token_character(c), place::name);
        case place::name:
        case place::after_name:
            return take_in_name(c);
        case place::before_value:
            return take_before_value(c);
        case place::value:
            return is_token_character(c) || go_on(c, place::before_semicolon);
        case place::quoted:
        case place::escaped:
            return take_quoted(c);
    }
    return false;
}

bool chunk_extensions::take_in_name(char c) noexcept {
    if (place_ == place::name && is_token_character(c)) return true;
    if (c == '=') return go(true, place::before_value);
    return go_on(c, place::after_name);
}

bool chunk_extensions::take_before_value(char c) noexcept {
    if (is_space(c)) return true;
    if (c == '"') return go(true, place::quoted);
    return go(is_token_character(c), place::value);
}

bool chunk_extensions::take_quoted(char c) noexcept {
    if (is_control(c)) return false;
    if (place_ == place::escaped) return go(true, place::quoted);
    if (c == '\\') return go(true, place::escaped);
    return c != '"' || go(true, place::end);
}

}  // namespace sma::http
