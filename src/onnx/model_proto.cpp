#include "model_proto.hpp"

#include "sma/core/parse_number.hpp"
#include "sma/core/shown_text.hpp"
#include "sma/model/invalid_weights.hpp"

#include <algorithm>
#include <cstring>
#include <limits>
#include <new>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

namespace sma::onnx {
namespace {

using model::invalid_weights;

namespace fs = std::filesystem;
using model::dtype;
using model::tensor;
using ::onnx::TensorProto;

bool is_external(TensorProto const& t) { return t.data_location() == TensorProto::EXTERNAL; }

std::string const* external_entry(TensorProto const& t, std::string_view key) {
    for (auto const& entry : t.external_data())
        if (entry.key() == key) return &entry.value();
    return nullptr;
}

void add_locations(::onnx::GraphProto const& graph, std::set<std::string>& names);

void add_location(TensorProto const& t, std::set<std::string>& names) {
    if (!is_external(t)) return;
    auto const* const location = external_entry(t, "location");
    names.insert(location == nullptr ? std::string() : *location);
}

void add_locations(::onnx::NodeProto const& node, std::set<std::string>& names) {
    for (auto const& a : node.attribute()) {
        if (a.has_t()) add_location(a.t(), names);
        for (auto const& t : a.tensors()) add_location(t, names);
        if (a.has_g()) add_locations(a.g(), names);
        for (auto const& g : a.graphs()) add_locations(g, names);
    }
}

void add_locations(::onnx::GraphProto const& graph, std::set<std::string>& names) {
    for (auto const& t : graph.initializer()) add_location(t, names);
    for (auto const& t : graph.sparse_initializer()) {
        add_location(t.values(), names);
        add_location(t.indices(), names);
    }
    for (auto const& node : graph.node()) add_locations(node, names);
}

std::set<std::string> locations_in(proto const& message) {
    std::set<std::string> names;
    add_locations(message.graph(), names);
    for (auto const& function : message.functions())
        for (auto const& node : function.node()) add_locations(node, names);
    return names;
}

/// Whether it leads down from a folder: relative, without "..".
bool leads_down(fs::path const& name) {
    return !name.empty() && name.is_relative() && name.native().find('\0') == std::string::npos &&
           std::none_of(name.begin(), name.end(), [](fs::path const& step) { return step == ".."; });
}

/// Symbolic links followed, whether `file` lies below `folder`.
bool is_within(fs::path const& folder, fs::path const& file) {
    std::error_code failed;
    auto const top = fs::canonical(folder.empty() ? fs::path(".") : folder, failed);
    if (failed) return false;
    auto const place = fs::canonical(file, failed);
    if (failed) return false;
    return std::mismatch(top.begin(), top.end(), place.begin(), place.end()).first == top.end();
}

result<fs::path> find_data_file(std::string const& name, fs::path const& folder) {
    auto const told = "the tensors of \"" + shown(name) + "\"";
    if (!leads_down(name)) return invalid_weights(told + " (external data): expected a file beside the ONNX file");
    auto const file = folder / name;
    std::error_code ignored;
    if (!fs::is_regular_file(file, ignored))
        return invalid_weights(told + " (external data) are missing: expected that file beside the ONNX file");
    if (!is_within(folder, file))
        return invalid_weights(told + " (external data): a symbolic link leads out of the folder of the ONNX file");
    return file;
}

std::optional<dtype> dtype_of(int type) {
    switch (type) {
        case TensorProto::FLOAT:
            return dtype::f32;
        case TensorProto::DOUBLE:
            return dtype::f64;
        case TensorProto::FLOAT16:
            return dtype::f16;
        case TensorProto::BFLOAT16:
            return dtype::bf16;
        default:
            return std::nullopt;
    }
}

/// The bytes that the tensor has in a file beside it.
result<std::string_view> external_bytes(TensorProto const& t, data_bytes_map const& data, std::size_t expected) {
    auto const* const location = external_entry(t, "location");
    auto const found = data.find(location == nullptr ? std::string() : *location);
    if (found == data.end()) return invalid_weights(shown(t.name()) + " is in a file that was not read");
    auto const number = [&t](char const* key, std::size_t otherwise) -> std::optional<std::size_t> {
        auto const* const text = external_entry(t, key);
        return text == nullptr ? otherwise : parse_number<std::size_t>(*text);
    };
    auto const all = found->second->bytes();
    auto const offset = number("offset", 0);
    auto const length = number("length", expected);
    if (!offset || !length || *offset > all.size() || *length > all.size() - *offset)
        return invalid_weights(shown(t.name()) + " ends beyond the file with its data");
    return std::string_view(reinterpret_cast<char const*>(all.data()) + *offset, *length);
}

/// From float_data, double_data or, of 16 bits, int32_data.
result<tensor> from_fields(TensorProto const& t, dtype type, model::tensor_shape const& shape) {
    tensor made(type, shape);
    auto const misfit = invalid_weights(shown(t.name()) + " has fewer or more values than its shape");
    auto const fits = [&](int count) { return static_cast<std::size_t>(count) == made.size(); };
    if (type == dtype::f32) {
        if (!fits(t.float_data_size())) return misfit;
        std::copy(t.float_data().begin(), t.float_data().end(), made.fill<float>().begin());
    } else if (type == dtype::f64) {
        if (!fits(t.double_data_size())) return misfit;
        std::copy(t.double_data().begin(), t.double_data().end(), made.fill<double>().begin());
    } else {
        if (!fits(t.int32_data_size())) return misfit;
        std::vector<std::uint16_t> const bits(t.int32_data().begin(), t.int32_data().end());
        std::memcpy(made.fill_bytes(), bits.data(), made.byte_count());
    }
    return made;
}

}  // namespace

result<std::shared_ptr<proto const>> parse_proto(std::span<std::byte const> bytes) {
    if (bytes.size() > static_cast<std::size_t>(std::numeric_limits<int>::max()))
        return invalid_weights(
            "the file has more than 2 GiB, which no ONNX file may have: keep its tensors in a file beside it");
    try {
        auto message = std::make_shared<proto>();
        if (!message->ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) || !message->has_graph())
            return invalid_weights("the ONNX file is damaged or cut short: its bytes are no message with a graph");
        return std::shared_ptr<proto const>(std::move(message));
    } catch (std::bad_alloc const&) {
        return error(errc::out_of_memory, "not enough memory to read the ONNX file");
    }
}

result<std::shared_ptr<proto const>> read_proto(fs::path const& file) {
    auto const read = model::file_bytes::read(file);
    return read ? parse_proto((*read)->bytes()) : read.error();
}

result<data_file_map> find_data_files(proto const& message, fs::path const& file) {
    data_file_map files;
    for (auto const& name : locations_in(message)) {
        auto const found = find_data_file(name, file.parent_path());
        if (!found) return found.error();
        files.emplace(name, *found);
    }
    return files;
}

result<data_bytes_map> read_data_files(data_file_map const& files) {
    data_bytes_map data;
    for (auto const& [name, file] : files) {
        auto bytes = model::file_bytes::read(file);
        if (!bytes) return bytes.error();
        data.emplace(name, std::move(*bytes));
    }
    return data;
}

result<tensor> read_floats(TensorProto const& t, data_bytes_map const& data) {
    auto const type = dtype_of(t.data_type());
    if (!type) return invalid_weights(shown(t.name()) + " has a type that is no float");
    model::tensor_shape const shape(t.dims().begin(), t.dims().end());
    auto const count = model::element_count(shape);
    // Bounded by what the file has: a shape alone takes no memory.
    constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max() / 16;
    if (!count || *count > most) return invalid_weights(shown(t.name()) + " has a shape that is out of range");
    auto const expected = static_cast<std::size_t>(*count) * model::bytes_of(*type);
    if (!is_external(t) && !t.has_raw_data()) {
        auto const values =
            static_cast<std::int64_t>(std::max({t.float_data_size(), t.double_data_size(), t.int32_data_size()}));
        if (values != *count) return invalid_weights(shown(t.name()) + " has fewer or more values than its shape");
        auto made = from_fields(t, *type, shape);
        return made ? model::to_f32(*made) : made;
    }
    auto const bytes = is_external(t) ? external_bytes(t, data, expected) : result<std::string_view>(t.raw_data());
    if (!bytes) return bytes.error();
    if (bytes->size() != expected) return invalid_weights(shown(t.name()) + " has fewer or more bytes than its shape");
    tensor made(*type, shape);
    std::memcpy(made.fill_bytes(), bytes->data(), expected);
    return model::to_f32(made);
}

int opset_of(proto const& message) noexcept {
    for (auto const& set : message.opset_import())
        if (set.domain().empty() || set.domain() == "ai.onnx")
            return static_cast<int>(std::clamp<std::int64_t>(set.version(), 0, std::numeric_limits<int>::max()));
    return 0;
}

}  // namespace sma::onnx
