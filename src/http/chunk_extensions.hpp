// Grammar of chunk extensions (RFC 9112 section 7.1.1), byte by byte. Bytes in; no sockets.
#pragma once

namespace sma::http {

/// What stands between a chunk's size and the end of its line: *( BWS ";" BWS token [ BWS "=" BWS value ] ). Keeps
/// nothing of it. Belongs to one chunk; not thread-safe.
class chunk_extensions {
public:
    /// The next byte, never CR or LF. False: it is outside the grammar.
    bool take(char c) noexcept;
    /// The line may end here.
    bool is_whole() const noexcept { return place_ == place::end || place_ == place::name || place_ == place::value; }

private:
    enum class place { end, before_semicolon, before_name, name, after_name, before_value, value, quoted, escaped };

    /// Goes to the next place, or says that there is none.
    bool go(bool allowed, place next) noexcept;
    bool go_on(char c, place space) noexcept;
    bool take_in_name(char c) noexcept;
    bool take_before_value(char c) noexcept;
    bool take_quoted(char c) noexcept;

    place place_ = place::end;
};

}  // namespace sma::http
