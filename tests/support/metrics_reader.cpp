#include "metrics_reader.hpp"

#include <algorithm>
#include <cstdlib>
#include <stdexcept>

namespace sma::test {
namespace {

std::string_view name_of(std::string_view series) { return series.substr(0, series.find('{')); }

bool is_name(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == ':';
    });
}

[[noreturn]] void refuse(std::string_view line) {
    throw std::runtime_error("not a metrics line: " + std::string(line));
}

}  // namespace

metrics_reader::metrics_reader(std::string_view text) {
    if (!text.ends_with('\n')) refuse("(the last line has no end)");
    while (!text.empty()) {
        auto const line = text.substr(0, text.find('\n'));
        text.remove_prefix(line.size() + 1);
        if (line.starts_with("# TYPE ")) {
            auto const rest = line.substr(7);
            auto const space = rest.find(' ');
            if (space == std::string_view::npos) refuse(line);
            types_.emplace(rest.substr(0, space), rest.substr(space + 1));
            continue;
        }
        if (line.starts_with('#') || line.empty()) continue;
        auto const space = line.rfind(' ');
        auto const series = line.substr(0, space);
        if (space == std::string_view::npos || !is_name(name_of(series))) refuse(line);
        std::string const number(line.substr(space + 1));
        char* end = nullptr;
        double const value = std::strtod(number.c_str(), &end);
        bool const is_number = !number.empty() && *end == '\0';
        if (!is_number || !samples_.emplace(series, value).second) refuse(line);
    }
}

double metrics_reader::value(std::string_view series) const {
    auto const found = samples_.find(series);
    if (found == samples_.end()) throw std::runtime_error("no series " + std::string(series));
    return found->second;
}

double metrics_reader::sum(std::string_view name, std::initializer_list<std::string_view> labels) const {
    double total = 0;
    for (auto const& [series, value] : samples_) {
        if (name_of(series) != name) continue;
        bool const all =
            std::all_of(labels.begin(), labels.end(), [&s = series](auto l) { return s.find(l) != s.npos; });
        if (all) total += value;
    }
    return total;
}

bool metrics_reader::has(std::string_view name) const {
    return std::any_of(samples_.begin(), samples_.end(), [name](auto const& s) { return name_of(s.first) == name; });
}

std::string metrics_reader::type(std::string_view name) const {
    auto const found = types_.find(name);
    return found == types_.end() ? std::string() : found->second;
}

}  // namespace sma::test
