#include "sma/model/safetensors.hpp"

#include "safetensors_index.hpp"
#include "sma/model/file_bytes.hpp"
#include "sma/model/invalid_weights.hpp"
#include "strict_json.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <algorithm>
#include <bit>
#include <cstring>
#include <optional>
#include <utility>

namespace sma::model {

namespace {

namespace json = boost::json;
static_assert(std::endian::native == std::endian::little, "safetensors is little-endian");

constexpr std::uint64_t prefix_bytes = 8;
constexpr std::uint64_t header_bytes_max = 100'000'000;  // the format's own limit
constexpr std::size_t dimensions_max = 8;

struct entry {
    std::string name;
    dtype type{};
    tensor_shape shape;
    std::uint64_t begin = 0;  ///< bytes, from the end of the header
    std::uint64_t end = 0;
};

/// A JSON number that is a whole number >= 0.
std::optional<std::uint64_t> whole_number(json::value const& v) {
    if (auto const* u = v.if_uint64()) return *u;
    if (auto const* i = v.if_int64(); i && *i >= 0) return static_cast<std::uint64_t>(*i);
    return std::nullopt;
}

result<std::string_view> header_text(std::span<std::byte const> bytes) {
    if (bytes.size() < prefix_bytes)
        return invalid_weights("the file has " + std::to_string(bytes.size()) +
                               " bytes: safetensors begins with 8 bytes of header length");
    std::uint64_t length = 0;
    std::memcpy(&length, bytes.data(), sizeof length);
    auto const available = bytes.size() - prefix_bytes;
    if (length > header_bytes_max)
        return invalid_weights("the header's length is " + std::to_string(length) + " bytes: at most " +
                               std::to_string(header_bytes_max) + " are allowed");
    if (length > available)
        return invalid_weights("the header's length is " + std::to_string(length) + " bytes, but only " +
                               std::to_string(available) + " follow: the file is truncated");
    std::string_view text(reinterpret_cast<char const*>(bytes.data()) + prefix_bytes, length);
    if (text.empty() || text.front() != '{') return invalid_weights("the header does not begin with '{'");
    return text;
}

result<tensor_shape> parse_shape(std::string const& name, json::value const* v) {
    auto const* list = v ? v->if_array() : nullptr;
    if (!list) return invalid_weights(name + " has no \"shape\" that is a list");
    if (list->size() > dimensions_max)
        return invalid_weights(name + " has " + std::to_string(list->size()) + " dimensions: at most " +
                               std::to_string(dimensions_max) + " are allowed");
    tensor_shape shape;
    for (auto const& item : *list) {
        auto const size = whole_number(item);
        if (!size || !std::in_range<std::int64_t>(*size))
            return invalid_weights(name + " has a \"shape\" whose sizes are not whole numbers from 0 to 2^63 - 1");
        shape.push_back(static_cast<std::int64_t>(*size));
    }
    return shape;
}

result<std::pair<std::uint64_t, std::uint64_t>> parse_offsets(std::string const& name, json::value const* v) {
    auto const* list = v ? v->if_array() : nullptr;
    if (!list || list->size() != 2) return invalid_weights(name + " has no \"data_offsets\" that is a list of two");
    auto const begin = whole_number((*list)[0]);
    auto const end = whole_number((*list)[1]);
    if (!begin || !end) return invalid_weights(name + " has \"data_offsets\" that are not whole numbers");
    return std::pair{*begin, *end};
}

/// Checks that the tensor's position is inside the file and its length is that of its type and shape.
result<> check_extent(entry const& e, std::uint64_t data_bytes) {
    auto const range = "[" + std::to_string(e.begin) + ", " + std::to_string(e.end) + "]";
    if (e.begin > e.end) return invalid_weights(e.name + " has data_offsets " + range + " that end before they begin");
    if (e.end > data_bytes)
        return invalid_weights(e.name + " has data_offsets " + range + " outside the file, which has " +
                               std::to_string(data_bytes) + " bytes of data: it is truncated or damaged");
    auto const count = element_count(e.shape);
    std::uint64_t expected = 0;
    if (!count || __builtin_mul_overflow(static_cast<std::uint64_t>(*count), bytes_of(e.type), &expected))
        return invalid_weights(e.name + " has shape " + shape_text(e.shape) + ", which overflows");
    if (e.end - e.begin != expected)
        return invalid_weights(e.name + " has " + std::to_string(e.end - e.begin) + " bytes, expected " +
                               std::to_string(expected) + " for " + std::string(dtype_name(e.type)) + " " +
                               shape_text(e.shape));
    return {};
}

result<entry> parse_entry(std::string const& name, json::value const& v, std::uint64_t data_bytes) {
    auto const* object = v.if_object();
    if (!object) return invalid_weights(name + " is not described by a JSON object");
    for (auto const& member : *object)
        if (member.key() != "dtype" && member.key() != "shape" && member.key() != "data_offsets")
            return invalid_weights(name + " has an unknown key \"" + std::string(member.key()) +
                                   "\": expected dtype, shape, data_offsets");
    auto const* dtype = object->if_contains("dtype");
    if (!dtype || !dtype->is_string()) return invalid_weights(name + " has no \"dtype\" that is a string");
    std::string const dtype_text(dtype->get_string());
    auto const type = dtype_from_name(dtype_text);
    if (!type)
        return invalid_weights(name + " has the type \"" + dtype_text +
                               "\": supported are F64, F32, F16, BF16, I64, I32, I16, I8, U8, BOOL");
    auto shape = parse_shape(name, object->if_contains("shape"));
    if (!shape) return shape.error();
    auto const offsets = parse_offsets(name, object->if_contains("data_offsets"));
    if (!offsets) return offsets.error();
    entry e{name, *type, std::move(*shape), offsets->first, offsets->second};
    if (auto const fits = check_extent(e, data_bytes); !fits) return fits.error();
    return e;
}

/// Together the tensors must cover the data exactly: no byte twice, none unused.
result<> check_cover(std::vector<entry> const& entries, std::uint64_t data_bytes) {
    std::vector<entry const*> order;
    order.reserve(entries.size());
    for (auto const& e : entries) order.push_back(&e);
    std::sort(order.begin(), order.end(),
              [](auto const* a, auto const* b) { return std::pair(a->begin, a->end) < std::pair(b->begin, b->end); });
    std::uint64_t covered = 0;
    std::string previous = "the header";
    for (auto const* e : order) {
        if (e->begin < covered)
            return invalid_weights(e->name + " overlaps " + previous + ": it begins at byte " +
                                   std::to_string(e->begin) + ", expected " + std::to_string(covered));
        if (e->begin > covered)
            return invalid_weights(e->name + " begins at byte " + std::to_string(e->begin) +
                                   ", which leaves a hole after " + previous + ": expected " + std::to_string(covered));
        covered = e->end;
        previous = e->name;
    }
    if (covered != data_bytes)
        return invalid_weights("the file has " + std::to_string(data_bytes - covered) + " bytes after " + previous +
                               " that no tensor uses");
    return {};
}

result<> parse_metadata(json::value const& v, std::map<std::string, std::string>& metadata) {
    auto const* object = v.if_object();
    if (!object) return invalid_weights("__metadata__ is not a JSON object of strings");
    for (auto const& member : *object) {
        if (!member.value().is_string())
            return invalid_weights("__metadata__ has a value that is not a string: " + std::string(member.key()));
        metadata.emplace(member.key(), std::string(member.value().get_string()));
    }
    return {};
}

tensor view_of(entry const& e, std::byte const* data, std::shared_ptr<file_bytes const> const& file) {
    auto const* const first = data + e.begin;
    if (e.begin == e.end || reinterpret_cast<std::uintptr_t>(first) % bytes_of(e.type) != 0) {
        tensor copy(e.type, e.shape);
        if (e.end > e.begin) std::memcpy(copy.fill_bytes(), first, e.end - e.begin);
        return copy;
    }
    return {e.type, e.shape, std::shared_ptr<std::byte const>(file, first)};
}

/// The first bytes of the file up to the end of its header; too few if it is damaged.
result<std::shared_ptr<file_bytes const>> read_header(std::filesystem::path const& path) {
    auto const prefix = file_bytes::read(path, prefix_bytes);
    if (!prefix || (*prefix)->bytes().size() < prefix_bytes) return prefix;
    std::uint64_t length = 0;
    std::memcpy(&length, (*prefix)->bytes().data(), sizeof length);
    return file_bytes::read(path, prefix_bytes + std::min(length, header_bytes_max));
}

}  // namespace

bool is_safetensors(std::filesystem::path const& path) {
    auto const start = file_bytes::read(path, prefix_bytes + 1);
    if (!start || (*start)->bytes().size() <= prefix_bytes) return false;
    std::string_view const text(reinterpret_cast<char const*>((*start)->bytes().data()), prefix_bytes + 1);
    return !may_be_index(text) && text.back() == '{';
}

result<std::map<std::string, std::string>> read_safetensors_metadata(std::filesystem::path const& path) {
    auto const file = read_header(path);
    if (!file) return file.error();
    auto const text = header_text((*file)->bytes());
    if (!text) return text.error();
    auto const header = parse_strict_json(*text, errc::invalid_weights, "the safetensors header");
    if (!header) return header.error();
    std::map<std::string, std::string> metadata;
    auto const* const found = header->get_object().if_contains("__metadata__");
    if (found == nullptr) return metadata;
    if (auto const ok = parse_metadata(*found, metadata); !ok) return ok.error();
    return metadata;
}

result<safetensors> read_safetensors(std::filesystem::path const& path) {
    auto const file = file_bytes::read(path);
    if (!file) return file.error();
    auto const bytes = (*file)->bytes();
    auto const text = header_text(bytes);
    if (!text) return text.error();
    auto const header = parse_strict_json(*text, errc::invalid_weights, "the safetensors header");
    if (!header) return header.error();

    auto const* const data = bytes.data() + prefix_bytes + text->size();
    auto const data_bytes = bytes.size() - prefix_bytes - text->size();
    safetensors content;
    std::vector<entry> entries;
    for (auto const& member : header->get_object()) {
        std::string const name(member.key());
        if (name == "__metadata__") {
            if (auto const ok = parse_metadata(member.value(), content.metadata); !ok) return ok.error();
            continue;
        }
        auto e = parse_entry(name, member.value(), data_bytes);
        if (!e) return e.error();
        entries.push_back(std::move(*e));
    }
    if (auto const ok = check_cover(entries, data_bytes); !ok) return ok.error();
    for (auto const& e : entries) content.tensors.emplace(e.name, view_of(e, data, *file));
    return content;
}

}  // namespace sma::model
