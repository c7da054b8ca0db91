#include "upload.hpp"

#include <boost/beast/core/string.hpp>

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

namespace sma::http {
namespace {

/// A body of known length is given its memory at once after this many bytes: small parts take what they need, and a
/// length that is only declared takes next to nothing.
constexpr std::size_t reserve_after = 64 * 1024;

/// A compressed body is fed in turns of this size, which inflate to a megabyte or two at most.
constexpr std::size_t coded_turn_bytes = 8 * 1024;

bool is_json(std::string_view content_type) {
    auto const type = content_type.substr(0, content_type.find_first_of("; \t"));
    return boost::beast::iequals({type.data(), type.size()}, "application/json");
}

}  // namespace

upload::upload(session_context& context, request& r, held_bytes& held, body_kind kind,
               std::optional<std::uint64_t> declared)
    : context_(context),
      request_(r),
      held_(held),
      kind_(kind),
      declared_(declared),
      held_by_inflater_(context.bodies) {}

result<void> upload::begin() {
    if (auto chosen = choose_sink(); !chosen) return chosen;
    choose_inflater();
    return check_declared();
}

result<void> upload::choose_sink() {
    auto const& limit = context_.limit;
    bytes_max_ = kind_ == body_kind::none ? unwanted_body_bytes_max : limit.max_body_bytes;
    if (kind_ != body_kind::upload) return {};
    auto const type = request_.header("Content-Type");
    auto boundary = multipart_boundary(type);
    if (!boundary) return boundary.error();
    if (*boundary) {
        multipart_parser::limits parts;
        parts.parts_max = limit.max_parts;
        parser_.emplace(std::move(**boundary), static_cast<multipart_handler&>(*this), parts);
    } else if (!is_json(type)) {
        bytes_max_ = std::min(limit.max_body_bytes, limit.max_part_bytes);
    }
    return {};
}

/// The session has refused unknown codings.
void upload::choose_inflater() {
    auto const coding = coding_of(request_);
    if (kind_ == body_kind::none || !coding || *coding == content_coding::identity) return;
    inflater_ = inflater::make(*coding, context_.limit.max_inflate_ratio);
}

/// What cannot be compressed becomes a little longer.
std::uint64_t upload::coded_bytes_max() const noexcept {
    return inflater_ ? bytes_max_ + bytes_max_ / 64 + 1024 : bytes_max_;
}

std::size_t upload::turn_bytes() const noexcept { return inflater_ ? coded_turn_bytes : SIZE_MAX; }

result<void> upload::check_declared() {
    if (!declared_) return {};
    if (*declared_ > coded_bytes_max()) return too_large();
    if (kind_ == body_kind::none || context_.bodies.could_hold(*declared_)) return {};
    return no_memory_left();
}

result<void> upload::feed(std::string_view bytes) {
    received_ += bytes.size();
    if (received_ > coded_bytes_max()) return too_large();
    if (kind_ == body_kind::none) return {};
    return inflater_ ? inflate(bytes) : take(bytes);
}

result<void> upload::inflate(std::string_view bytes) {
    for (;;) {
        auto const content = inflater_->next(bytes, context_.inflated());
        if (!content) return content.error();
        if (!hold_inflater()) return no_memory_left();
        if (content->empty()) return {};
        if (auto taken = take(*content); !taken) return taken;
    }
}

/// Its memory grows with what it finds in the data.
bool upload::hold_inflater() {
    auto const bytes = inflater_->memory();
    auto const more = bytes - std::min(bytes, inflater_bytes_);
    inflater_bytes_ += more;
    return held_by_inflater_.add(more);
}

result<void> upload::take(std::string_view content) {
    content_bytes_ += content.size();
    if (content_bytes_ > bytes_max_) return too_large();
    if (parser_) return parser_->feed(content);
    return append(request_.body, content, bytes_max_);
}

result<void> upload::expect(std::uint64_t bytes) const {
    auto const most = coded_bytes_max();
    if (bytes > most - std::min(received_, most)) return too_large();
    return {};
}

result<void> upload::finish() {
    if (inflater_)
        if (auto const ended = inflater_->finish(); !ended) return ended;
    if (parser_) return parser_->finish();
    return {};
}

result<void> upload::on_part_begin(part_head head) {
    auto& part = request_.parts.emplace_back();
    part.name = std::move(head.name);
    part.filename = std::move(head.filename);
    part.content_type = std::move(head.content_type);
    return {};
}

result<void> upload::on_part_data(std::string_view bytes) {
    return append(request_.parts.back().bytes, bytes, context_.limit.max_part_bytes);
}

result<void> upload::on_part_end() { return {}; }

result<void> upload::append(std::string& to, std::string_view bytes, std::size_t bytes_max) {
    auto const size = to.size() + bytes.size();
    if (size > bytes_max)
        return error(errc::file_too_large,
                     "the file is larger than the limit of " + std::to_string(bytes_max) + " bytes");
    if (!held_.add(bytes.size())) return no_memory_left();
    if (size > to.capacity() && size > reserve_after && declared_ && !inflater_) {
        auto const still_to_come = static_cast<std::size_t>(*declared_ - std::min(*declared_, received_));
        to.reserve(std::min(size + still_to_come, bytes_max));
    }
    to.append(bytes);
    return {};
}

error upload::too_large() const {
    return error(errc::file_too_large,
                 "the request's body is larger than the limit of " + std::to_string(bytes_max_) + " bytes");
}

error upload::no_memory_left() const {
    return error(errc::queue_full,
                 "the uploads in progress have reached the limit of " +
                     std::to_string(context_.limit.max_inflight_body_bytes) + " bytes: try again later",
                 1);
}

}  // namespace sma::http
