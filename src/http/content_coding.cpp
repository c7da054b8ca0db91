#include "content_coding.hpp"

#include "header_text.hpp"

#include <algorithm>
#include <optional>
#include <string>

namespace sma::http {
namespace {

constexpr std::pair<std::string_view, content_coding> names[] = {{"identity", content_coding::identity},
                                                                 {"gzip", content_coding::gzip},
                                                                 {"x-gzip", content_coding::gzip},
                                                                 {"deflate", content_coding::deflate},
                                                                 {"zstd", content_coding::zstd}};

std::optional<content_coding> coding_named(std::string_view name) {
    for (auto const& [known, coding] : names)
        if (equals_ignoring_case(name, known)) return coding;
    return std::nullopt;
}

/// Calls `visit` for each member of each header line of that name that is not empty.
template <class Visit>
void for_each_member(request const& r, beast_http::field name, Visit visit) {
    auto const [begin, end] = r.headers.equal_range(name);
    for (auto line = begin; line != end; ++line) {
        std::string_view list(line->value().data(), line->value().size());
        while (!list.empty())
            if (auto const member = cut_member(list); !member.empty()) visit(member);
    }
}

/// Whether a weight is there and 0, the only one that forbids: "q=0", "q=0.000".
bool is_forbidden(std::string_view parameters) {
    auto const weight = trim(parameters);
    if (weight.size() < 3 || !equals_ignoring_case(weight.substr(0, 2), "q=")) return false;
    return std::ranges::all_of(weight.substr(2), [](char c) { return c == '0' || c == '.'; });
}

error unknown_coding(std::string_view name) {
    return error(errc::unsupported_media_type, "Content-Encoding: expected one of " + std::string(accepted_codings) +
                                                   ", not `" + std::string(name.substr(0, 40)) + "`");
}

}  // namespace

result<content_coding> coding_of(request const& r) {
    result<content_coding> found = content_coding::identity;
    for_each_member(r, beast_http::field::content_encoding, [&](std::string_view name) {
        auto const coding = coding_named(name);
        if (!found || coding == content_coding::identity) return;
        if (!coding || *found != content_coding::identity)
            found = unknown_coding(coding ? "more than one" : name);
        else
            found = *coding;
    });
    return found;
}

bool accepts_gzip(request const& r) {
    std::optional<bool> by_name, by_star;
    for_each_member(r, beast_http::field::accept_encoding, [&](std::string_view member) {
        auto const semicolon = std::min(member.find(';'), member.size());
        auto const name = trim(member.substr(0, semicolon));
        bool const allowed = !is_forbidden(member.substr(std::min(semicolon + 1, member.size())));
        if (coding_named(name) == content_coding::gzip) by_name = allowed;
        if (name == "*") by_star = allowed;
    });
    return by_name.value_or(by_star.value_or(false));
}

}  // namespace sma::http
