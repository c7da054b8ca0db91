#include "label_numbers.hpp"

#include "sma/core/parse_number.hpp"

#include <algorithm>
#include <optional>

namespace sma::model {
namespace {

constexpr std::string_view decimal_digits = "0123456789";
constexpr std::string_view list_separators = ",;:";

struct numbered_name {
    std::size_t number;
    std::string_view name;
};

std::optional<numbered_name> numbered(std::string_view number, char separator, std::string_view name) {
    if (number.size() > 1 && number.front() == '"' && number.back() == '"')
        number = number.substr(1, number.size() - 2);
    bool const padded = number.size() > 1 && number.front() == '0';
    auto const parsed = parse_number<std::size_t>(number);
    if (!parsed || name.empty() || (padded && list_separators.find(separator) == list_separators.npos))
        return std::nullopt;
    return numbered_name{*parsed, name};
}

std::string_view without_leading_spaces(std::string_view text) {
    auto const first = text.find_first_not_of(' ');
    return first == text.npos ? std::string_view() : text.substr(first);
}

std::optional<numbered_name> number_before(std::string_view line) {
    constexpr std::string_view separators = ",;:.)|=-";
    auto const end = std::min(line.find_first_not_of("\"0123456789"), line.size());
    auto const behind = line.substr(end);
    auto const rest = without_leading_spaces(behind);
    if (rest.empty()) return std::nullopt;
    bool const marked = separators.find(rest.front()) != separators.npos;
    if (!marked && rest.size() == behind.size()) return std::nullopt;
    return marked ? numbered(line.substr(0, end), rest.front(), without_leading_spaces(rest.substr(1)))
                  : numbered(line.substr(0, end), ' ', rest);
}

/// Only as a list would have it: names may well end with a space and a number ("grade 1").
std::optional<numbered_name> number_behind(std::string_view line) {
    auto const separator = line.find_last_of(",;");
    if (separator == line.npos) return std::nullopt;
    return numbered(without_leading_spaces(line.substr(separator + 1)), line[separator], line.substr(0, separator));
}

template <class Split>
bool all_have_their_number(std::vector<std::string> const& lines, Split const& split) {
    auto const first = split(lines.front());
    if (!first || first->number > 1) return false;
    bool any_word = false;
    for (std::size_t i = 0; i < lines.size(); ++i) {
        auto const line = split(lines[i]);
        if (!line || line->number != first->number + i) return false;
        any_word = any_word || decimal_digits.find(line->name.front()) == decimal_digits.npos;
    }
    return any_word;
}

}  // namespace

std::string_view own_number_place(std::vector<std::string> const& lines) {
    if (lines.size() < 2) return {};
    if (all_have_their_number(lines, number_before)) return "begins";
    return all_have_their_number(lines, number_behind) ? "ends" : std::string_view();
}

}  // namespace sma::model
