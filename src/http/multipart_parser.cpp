#include "multipart_parser.hpp"

#include "multipart_head.hpp"

#include <algorithm>
#include <cstring>

namespace sma::http {
namespace {

constexpr std::size_t padding_bytes_max = 1024;
constexpr std::string_view crlf = "\r\n";

}  // namespace

multipart_parser::multipart_parser(std::string boundary, multipart_handler& handler, limits l)
    : delimiter_("\r\n--" + std::move(boundary)),
      handler_(handler),
      limits_(l),
      matched_(crlf.size()),
      borrowed_(crlf.size()) {}

result<void> multipart_parser::feed(std::string_view bytes) {
    while (!bytes.empty()) {
        auto taken = step(bytes);
        if (!taken) {
            state_ = state::failed;
            return taken;
        }
    }
    return {};
}

result<void> multipart_parser::finish() {
    auto const last = std::exchange(state_, state::failed);
    switch (last) {
        case state::epilogue:
            state_ = state::epilogue;
            return {};
        case state::failed:
            return malformed_multipart("the form could not be parsed");
        case state::preamble:
            return malformed_multipart(
                "the boundary named in Content-Type does not occur in the body; lines end in CRLF");
        default:
            return malformed_multipart("the form ends before its closing boundary; send the whole body");
    }
}

result<void> multipart_parser::step(std::string_view& bytes) {
    switch (state_) {
        case state::preamble:
        case state::content:
            return take_text(bytes);
        case state::after_delimiter:
            return take_after_delimiter(bytes);
        case state::header:
            return take_header(bytes);
        case state::epilogue:
            bytes = {};
            return {};
        case state::failed:
            break;
    }
    return malformed_multipart("the form could not be parsed");
}

/// Preamble or content: everything up to the next delimiter.
result<void> multipart_parser::take_text(std::string_view& bytes) {
    if (matched_ > 0) return continue_match(bytes);

    auto const* found =
        static_cast<char const*>(::memmem(bytes.data(), bytes.size(), delimiter_.data(), delimiter_.size()));
    if (found != nullptr) {
        auto const length = static_cast<std::size_t>(found - bytes.data());
        auto const text = bytes.substr(0, length);
        bytes.remove_prefix(length + delimiter_.size());
        matched_ = delimiter_.size();
        pending_.clear();
        auto emitted = emit(text);
        state_ = state::after_delimiter;
        return emitted;
    }
    // Only the last CR can begin a delimiter that goes on in the next bytes.
    auto text = bytes;
    auto const tail = bytes.substr(bytes.size() - std::min(bytes.size(), delimiter_.size() - 1));
    auto const* cr = static_cast<char const*>(::memrchr(tail.data(), '\r', tail.size()));
    if (cr != nullptr) {
        auto const candidate = bytes.substr(static_cast<std::size_t>(cr - bytes.data()));
        if (delimiter_.starts_with(candidate)) {
            matched_ = candidate.size();
            text.remove_suffix(candidate.size());
        }
    }
    bytes = {};
    return emit(text);
}

/// The bytes before these ended with a part of the delimiter. Bytes that do not go on with it are left in `bytes`: none
/// of those compared can begin another, for they have no CR.
result<void> multipart_parser::continue_match(std::string_view& bytes) {
    auto const rest = std::string_view(delimiter_).substr(matched_);
    auto const common = std::min(rest.size(), bytes.size());
    if (rest.substr(0, common) != bytes.substr(0, common)) return not_a_delimiter();
    bytes.remove_prefix(common);
    matched_ += common;
    if (matched_ == delimiter_.size()) {
        pending_.clear();
        state_ = state::after_delimiter;
    }
    return {};
}

/// The bytes that looked like a delimiter (`matched_` bytes of it, then `pending_`) are content after all.
result<void> multipart_parser::not_a_delimiter() {
    auto const text = std::string_view(delimiter_).substr(borrowed_, matched_ - borrowed_);
    matched_ = 0;
    borrowed_ = 0;
    state_ = in_part_ ? state::content : state::preamble;
    auto emitted = emit(text);
    if (!emitted) return emitted;
    return emit(std::exchange(pending_, {}));
}

/// Padding and CRLF, or two dashes.
result<void> multipart_parser::take_after_delimiter(std::string_view& bytes) {
    char const next = bytes.front();
    char const last = pending_.empty() ? '\0' : pending_.back();
    if (next == '-' && last == '-') {
        bytes.remove_prefix(1);
        state_ = state::epilogue;
        return end_part();
    }
    if (next == '\n' && last == '\r') {
        bytes.remove_prefix(1);
        pending_ = crlf;
        state_ = state::header;
        return end_part();
    }
    bool const is_padding = next == ' ' || next == '\t' || next == '\r';
    bool const fits = pending_.empty() ? is_padding || next == '-' : is_padding && last != '-' && last != '\r';
    if (!fits) return not_a_delimiter();
    if (pending_.size() == padding_bytes_max) return malformed_multipart("too many spaces follow a boundary");
    bytes.remove_prefix(1);
    pending_.push_back(next);
    return {};
}

/// The header block with the empty line that ends it. `pending_` begins with a CRLF, so that an empty block ends like
/// any.
result<void> multipart_parser::take_header(std::string_view& bytes) {
    constexpr std::string_view end = "\r\n\r\n";
    auto const bytes_max = crlf.size() + limits_.part_header_bytes_max;
    auto const search_from = pending_.size() - std::min(pending_.size(), end.size() - 1);
    auto const taken = std::min(bytes.size(), bytes_max - pending_.size());
    pending_.append(bytes.substr(0, taken));

    auto const found = pending_.find(end, search_from);
    if (found == std::string::npos) {
        if (pending_.size() == bytes_max)
            return malformed_multipart("the headers of a part are longer than " +
                                       std::to_string(limits_.part_header_bytes_max) + " bytes");
        bytes.remove_prefix(taken);
        return {};
    }
    bytes.remove_prefix(taken - (pending_.size() - found - end.size()));
    pending_.resize(found + crlf.size());
    return begin_part();
}

result<void> multipart_parser::begin_part() {
    if (parts_ == limits_.parts_max)
        return malformed_multipart("the form has more than " + std::to_string(limits_.parts_max) + " parts");
    ++parts_;
    auto head = parse_part_head(std::string_view(pending_).substr(crlf.size()));
    pending_.clear();
    if (!head) return head.error();
    state_ = state::content;
    in_part_ = true;
    matched_ = crlf.size();
    borrowed_ = crlf.size();
    return handler_.on_part_begin(std::move(*head));
}

result<void> multipart_parser::end_part() {
    matched_ = 0;
    if (!std::exchange(in_part_, false)) return {};
    return handler_.on_part_end();
}

result<void> multipart_parser::emit(std::string_view bytes) {
    if (bytes.empty() || !in_part_) return {};
    return handler_.on_part_data(bytes);
}

}  // namespace sma::http
