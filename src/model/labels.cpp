#include "sma/model/labels.hpp"

#include "label_numbers.hpp"
#include "sma/core/parse_number.hpp"
#include "sma/core/shown_text.hpp"
#include "sma/core/utf8.hpp"
#include "sma/model/file_bytes.hpp"
#include "strict_json.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <optional>
#include <string_view>

namespace sma::model {
namespace {

namespace json = boost::json;

constexpr std::size_t file_bytes_max = 16U << 20U;

error broken(std::string text) { return {errc::invalid_labels, std::move(text)}; }

/// Names go into JSON, HTML and logs: UTF-8 without control characters.
bool is_clean_text(std::string_view text) {
    while (!text.empty()) {
        auto const length = utf8_sequence_length(text);
        if (length == 0 || static_cast<unsigned char>(text[0]) < 0x20 || text[0] == 0x7f) return false;
        text.remove_prefix(length);
    }
    return true;
}

std::string_view trimmed(std::string_view line) {
    auto const first = line.find_first_not_of(" \t\r");
    if (first == line.npos) return {};
    return line.substr(first, line.find_last_not_of(" \t\r") - first + 1);
}

result<class_labels> counted(std::vector<std::string> names, int classes) {
    if (names.size() == static_cast<std::size_t>(classes)) return class_labels{std::move(names), {}};
    return broken("the label file has " + std::to_string(names.size()) + " names, the model has " +
                  std::to_string(classes) + " classes: expected one name per class");
}

error not_text(std::size_t line) {
    return broken("line " + std::to_string(line + 1) + " of the label file is not UTF-8 text");
}

/// "3<TAB>crane", or with a third field, the class's group.
struct numbered_line {
    std::optional<std::size_t> number;
    std::string_view name;
    std::string_view group;
};

numbered_line split(std::string_view line) {
    auto const next = [&] {
        auto const tab = line.find('\t');
        auto const field = trimmed(line.substr(0, tab));
        line.remove_prefix(tab == line.npos ? line.size() : tab + 1);
        return field;
    };
    auto const number = parse_number<std::size_t>(next());
    auto const name = next();
    return {number, name, trimmed(line)};
}

/// In any order of the numbers.
result<class_labels> from_numbered_lines(std::vector<std::string> const& lines, int classes) {
    if (auto const ok = counted(lines, classes); !ok) return ok.error();
    class_labels labels{std::vector<std::string>(lines.size()), std::vector<std::string>(lines.size())};
    bool has_groups = false;
    for (std::size_t i = 0; i < lines.size(); ++i) {
        auto const [number, name, group] = split(lines[i]);
        bool const is_right = number && *number < lines.size() && labels.names[*number].empty() && !name.empty() &&
                              group.find('\t') == group.npos;
        if (is_right && !(is_clean_text(name) && is_clean_text(group))) return not_text(i);
        if (!is_right)
            return broken("line " + std::to_string(i + 1) +
                          " of the label file: expected each class number from 0 to " + std::to_string(classes - 1) +
                          " once, a tab and a name, as on the first line; a tab and a group may follow");
        labels.names[*number] = name;
        labels.groups[*number] = group;
        has_groups = has_groups || !group.empty();
    }
    if (!has_groups) labels.groups.clear();
    return labels;
}

bool is_numbered(std::string const& line) {
    auto const tab = line.find('\t');
    return tab != std::string::npos && parse_number<std::size_t>(std::string_view(line).substr(0, tab)).has_value();
}

/// A format that looks like this one would give names that nobody means.
result<> check_names(std::vector<std::string> const& names) {
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (names[i].find('\t') != std::string::npos)
            return broken(
                "line " + std::to_string(i + 1) +
                " of the label file has a tab, but the first line is not class number, tab and name: expected "
                "that on each line, or a name without tabs");
        if (!is_clean_text(names[i])) return not_text(i);
    }
    auto const place = own_number_place(names);
    if (place.empty()) return {};
    return broken(
        "every line of the label file " + std::string(place) + " with its own number, as \"" +
        shown(names.front(), 32) +
        "\" does: expected names without numbers, or class number, tab and name; if the numbers belong to the "
        "names, a JSON list of them");
}

result<class_labels> from_lines(std::string_view text, int classes) {
    std::vector<std::string> names;
    std::size_t empty_line = 0;
    for (std::size_t number = 1; !text.empty(); ++number) {
        auto const end = text.find('\n');
        auto const name = trimmed(text.substr(0, end));
        text.remove_prefix(end == text.npos ? text.size() : end + 1);
        if (name.empty()) {
            if (empty_line == 0) empty_line = number;
            continue;
        }
        // Empty lines at the end do no harm; one before a name would shift every name after it.
        if (empty_line != 0)
            return broken("line " + std::to_string(empty_line) +
                          " of the label file is empty: expected a name on each");
        names.emplace_back(name);
    }
    if (!names.empty() && is_numbered(names.front())) return from_numbered_lines(names, classes);
    if (auto const ok = check_names(names); !ok) return ok.error();
    return counted(std::move(names), classes);
}

/// "tench", or ["n01440764", "tench"] whose last element is the name.
std::optional<std::string> name_of(json::value const& v) {
    auto const* list = v.if_array();
    auto const* text = (list && !list->empty() ? list->back() : v).if_string();
    if (!text || !is_clean_text({text->data(), text->size()}) || trimmed({text->data(), text->size()}).empty())
        return std::nullopt;
    return std::string(text->data(), text->size());
}

result<class_labels> from_index(json::object const& index, int classes) {
    std::vector<std::string> names(index.size());
    if (auto const ok = counted(names, classes); !ok) return ok.error();
    for (auto const& member : index) {
        std::string_view const key(member.key().data(), member.key().size());
        auto const number = parse_number<std::size_t>(key);
        // Keys are distinct, but "1" and "01" are the same class.
        if (!number || std::to_string(*number) != key || *number >= names.size())
            return broken("the label file has the key \"" + std::string(key) + "\": expected class numbers from 0 to " +
                          std::to_string(classes - 1));
        auto name = name_of(member.value());
        if (!name)
            return broken("the label file has no name for class " + std::string(key) +
                          ": expected text or [\"id\", \"name\"]");
        names[*number] = std::move(*name);
    }
    return class_labels{std::move(names), {}};
}

result<class_labels> from_list(json::array const& list, int classes) {
    std::vector<std::string> names;
    for (auto const& item : list) {
        auto name = name_of(item);
        if (!name)
            return broken("the label file has no name for class " + std::to_string(names.size()) +
                          ": expected text or [\"id\", \"name\"]");
        names.push_back(std::move(*name));
    }
    return counted(std::move(names), classes);
}

result<class_labels> from_json(std::string_view text, int classes) {
    auto const document = parse_strict_json(text, errc::invalid_labels, "the label file");
    if (!document) return document.error();
    if (document->is_array()) return from_list(document->get_array(), classes);
    auto const& root = document->get_object();
    auto const* const id2label = root.if_contains("id2label");
    if (!id2label) return from_index(root, classes);
    if (!id2label->is_object()) return broken("id2label is not a JSON object: expected {\"0\": \"name\", ...}");
    return from_index(id2label->get_object(), classes);
}

result<class_labels> read_text(std::string_view text, int classes) {
    if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
    auto const start = text.find_first_not_of(" \t\r\n");
    bool const is_json = start != text.npos && (text[start] == '{' || text[start] == '[');
    return is_json ? from_json(text, classes) : from_lines(text, classes);
}

bool has_id2label(std::string_view text) {
    auto const document = parse_strict_json(text, errc::invalid_labels, "config.json");
    return document && document->is_object() && document->get_object().contains("id2label");
}

}  // namespace

result<class_labels> load_labels(std::filesystem::path const& file, int classes) {
    auto const read = file_bytes::read(file, file_bytes_max + 1);
    if (!read) return read.error();
    auto const bytes = (*read)->bytes();
    if (bytes.size() > file_bytes_max)
        return broken("the label file has more than the " + std::to_string(file_bytes_max) + " bytes that are allowed");
    return read_text({reinterpret_cast<char const*>(bytes.data()), bytes.size()}, classes);
}

std::filesystem::path own_label_file(std::filesystem::path weights) {
    if (weights.string().ends_with(".index.json")) weights.replace_extension().replace_extension();
    return weights.replace_extension(".labels.txt");
}

std::filesystem::path labels_beside(std::filesystem::path const& weights) {
    auto own = own_label_file(weights);
    std::error_code ignored;
    if (std::filesystem::exists(own, ignored)) return own;
    auto config = weights.parent_path() / "config.json";
    auto const read = file_bytes::read(config, file_bytes_max);
    if (!read) return {};
    auto const bytes = (*read)->bytes();
    return has_id2label({reinterpret_cast<char const*>(bytes.data()), bytes.size()}) ? config : std::filesystem::path();
}

result<std::optional<class_labels>> find_labels_within(std::map<std::string, std::string> const& texts, int classes) {
    for (auto const* const name : {"labels.txt", "index_to_name.json", "config.json"}) {
        auto const found = texts.find(name);
        if (found == texts.end()) continue;
        if (std::string_view(name) == "config.json" && !has_id2label(found->second)) continue;
        auto labels = read_text(found->second, classes);
        if (!labels) return broken(std::string(name) + " in the weight file: " + labels.error().message);
        return std::optional(std::move(*labels));
    }
    return std::optional<class_labels>();
}

std::vector<std::string> numbered_labels(int classes) {
    std::vector<std::string> names;
    names.reserve(static_cast<std::size_t>(std::max(classes, 0)));
    for (int i = 0; i < classes; ++i) names.push_back("class_" + std::to_string(i));
    return names;
}

}  // namespace sma::model
