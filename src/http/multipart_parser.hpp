// Incremental parser for multipart/form-data (RFC 2046 section 5.1, RFC 7578): bytes in, events out; no sockets, no
// Beast.
#pragma once

#include "sma/core/error.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace sma::http {

/// The head of one part. Strings are valid UTF-8.
struct part_head {
    std::string name;          ///< the `name` parameter of Content-Disposition, never empty
    std::string filename;      ///< last path component of `filename*` (RFC 8187) or `filename`; may be empty, or odd
    std::string content_type;  ///< may be empty
};

/// Receives what the parser finds, on the caller's thread, during feed(). An error stops the parser for good.
class multipart_handler {
public:
    virtual ~multipart_handler() = default;
    virtual result<void> on_part_begin(part_head head) = 0;
    /// A piece of the current part's content, never empty; the view is valid during the call only.
    virtual result<void> on_part_data(std::string_view bytes) = 0;
    virtual result<void> on_part_end() = 0;
};

/// The boundary of a Content-Type header, unquoted; an error (malformed_multipart) if it is absent, given twice, empty,
/// longer than 70 characters or has control characters. Nothing if the type is not multipart/form-data.
result<std::optional<std::string>> multipart_boundary(std::string_view content_type);

/// Emits the same events for any split of the same bytes (content may arrive in other pieces). Holds at most a boundary
/// and one part's header block (`part_header_bytes_max`), never content. Belongs to one request; not thread-safe.
///
/// A delimiter is CRLF "--" boundary, then spaces and tabs, then CRLF; or CRLF "--" boundary "--", after which
/// everything is ignored. Anything else is content, a line that merely begins with the boundary included. The CRLF may
/// be the one that ends a part's header block (a part without content), or be missing at the very start.
class multipart_parser {
public:
    struct limits {
        std::size_t parts_max = 100;
        std::size_t part_header_bytes_max = 8 * 1024;
    };

    /// `boundary` as multipart_boundary() gives it. The handler must outlive the parser.
    multipart_parser(std::string boundary, multipart_handler& handler, limits l);

    /// Takes the next bytes of the body. Errors: malformed_multipart, or whatever the handler returned.
    result<void> feed(std::string_view bytes);
    /// The body has ended: an error if the closing delimiter has not been seen.
    result<void> finish();

private:
    enum class state { preamble, after_delimiter, header, content, epilogue, failed };

    // Each takes what it can from the front of `bytes`.
    result<void> step(std::string_view& bytes);
    result<void> take_text(std::string_view& bytes);
    result<void> take_after_delimiter(std::string_view& bytes);
    result<void> take_header(std::string_view& bytes);

    result<void> continue_match(std::string_view& bytes);
    result<void> not_a_delimiter();
    result<void> begin_part();
    result<void> end_part();
    result<void> emit(std::string_view bytes);

    std::string delimiter_;  ///< CRLF "--" boundary: CR stands at its start and nowhere else
    multipart_handler& handler_;
    limits limits_;
    state state_ = state::preamble;
    bool in_part_ = false;
    std::size_t matched_;   ///< bytes of the delimiter that the input so far ends with
    std::size_t borrowed_;  ///< those of them that are no content: the CRLF of the header block, or of the start
    std::string pending_;   ///< what follows a delimiter so far, or CRLF and the header block so far
    std::size_t parts_ = 0;
};

}  // namespace sma::http
