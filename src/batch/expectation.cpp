#include "sma/batch/expectation.hpp"

#include <algorithm>
#include <cctype>
#include <fstream>

namespace sma::batch {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t wordnet_id_length = 9;  // n and eight digits

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_number(std::string_view text) { return !text.empty() && std::all_of(text.begin(), text.end(), is_digit); }

bool begins_with_wordnet_id(std::string_view name) {
    return name.size() > wordnet_id_length && name.front() == 'n' && is_number(name.substr(1, wordnet_id_length - 1)) &&
           !std::isalnum(static_cast<unsigned char>(name[wordnet_id_length]));
}

// "star-12" and "star_12" without the number, "star" and "12" as they are.
std::string without_number(std::string stem) {
    auto const last = stem.find_last_not_of("0123456789");
    bool const numbered =
        last != std::string::npos && last > 0 && last + 1 < stem.size() && (stem[last] == '-' || stem[last] == '_');
    return numbered ? stem.substr(0, last) : stem;
}

}  // namespace

std::string normalized_class(std::string_view name) {
    if (begins_with_wordnet_id(name)) name.remove_prefix(wordnet_id_length + 1);
    std::string out;
    for (unsigned char const c : name) {
        bool const kept = std::isalnum(c) || c >= 0x80;
        if (kept)
            out += static_cast<char>(std::tolower(c));
        else if (!out.empty() && out.back() != ' ')
            out += ' ';
    }
    if (!out.empty() && out.back() == ' ') out.pop_back();
    return out;
}

result<expectation> expectation::load(fs::path const& file) {
    std::ifstream input(file);
    if (!input) return error(errc::validation_error, file.string() + " cannot be read");
    expectation loaded(from::file);
    std::size_t number = 0;
    for (std::string line; std::getline(input, line);) {
        ++number;
        if (!line.empty() && line.back() == '\r') line.pop_back();
        if (line.empty() || line.front() == '#') continue;
        auto const tab = line.rfind('\t');
        if (tab == std::string::npos || tab == 0 || tab + 1 == line.size())
            return error(errc::validation_error,
                         file.string() + ", line " + std::to_string(number) + ": expected a path, a tab and a class");
        loaded.classes_[line.substr(0, tab)] = line.substr(tab + 1);
    }
    return loaded;
}

result<expectation> expectation::load_beside(fs::path const& file) {
    auto loaded = load(file);
    if (!loaded) return loaded;
    expectation moved(from::file);
    for (auto const& [path, name] : loaded->classes_) moved.classes_[(file.parent_path() / path).string()] = name;
    return moved;
}

std::vector<std::string> expectation::paths() const {
    std::vector<std::string> all;
    for (auto const& [path, name] : classes_) all.push_back(path);
    std::sort(all.begin(), all.end());
    return all;
}

std::optional<std::string> expectation::of(std::string const& path) const {
    fs::path const file(path);
    std::string found;
    if (where_ == from::directory) {
        found = file.parent_path().filename().string();
    } else if (where_ == from::filename) {
        found = without_number(file.stem().string());
    } else {
        auto at = classes_.find(path);
        if (at == classes_.end()) at = classes_.find(file.filename().string());
        if (at != classes_.end()) found = at->second;
    }
    return found.empty() ? std::nullopt : std::optional(found);
}

bool is_expected(prediction const& p, std::string_view expected) {
    if (is_number(expected) && expected == std::to_string(p.class_index)) return true;
    return normalized_class(p.class_name) == normalized_class(expected);
}

void accuracy::judge(record const& r, std::string const& expected) {
    ++judged_;
    auto const top = std::min<std::size_t>(5, r.predictions.size());
    auto const end = r.predictions.begin() + static_cast<std::ptrdiff_t>(top);
    auto const hit =
        std::find_if(r.predictions.begin(), end, [&](prediction const& p) { return is_expected(p, expected); });
    if (hit != end) ++top_5_hits_;
    if (hit == r.predictions.begin() && hit != end)
        ++top_1_hits_;
    else if (!r.predictions.empty())
        ++confusions_[{expected, r.predictions.front().class_name}];
}

void accuracy::add(accuracy const& other) {
    judged_ += other.judged_;
    unlabeled_ += other.unlabeled_;
    top_1_hits_ += other.top_1_hits_;
    top_5_hits_ += other.top_5_hits_;
    for (auto const& [pair, count] : other.confusions_) confusions_[pair] += count;
}

std::vector<accuracy::confusion> accuracy::confusions(std::size_t count_max) const {
    std::vector<confusion> all;
    for (auto const& [pair, count] : confusions_) all.push_back({pair.first, pair.second, count});
    std::stable_sort(all.begin(), all.end(), [](auto const& a, auto const& b) { return a.count > b.count; });
    if (all.size() > count_max) all.resize(count_max);
    return all;
}

}  // namespace sma::batch
