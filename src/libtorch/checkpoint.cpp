#include "checkpoint.hpp"

#include "pickle.hpp"

#include "sma/libtorch/tensor_bridge.hpp"
#include "sma/model/invalid_weights.hpp"

#include <ATen/core/Tensor.h>
#include <ATen/ops/from_blob.h>
#include <c10/util/Exception.h>
#include <caffe2/serialize/inline_container.h>

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <optional>
#include <utility>

namespace sma::libtorch {

namespace {

using model::invalid_weights;

using caffe2::serialize::PyTorchStreamReader;
using model::dtype;
using model::state_dict;
using model::tensor;

constexpr std::size_t pickle_bytes_max = 64U << 20U;
constexpr std::size_t extra_file_bytes_max = 4U << 20U;

/// The type of "torch.FloatStorage" and its like.
std::optional<dtype> storage_type(std::string_view name) {
    static constexpr std::array<std::pair<std::string_view, dtype>, 10> types{{
        {"torch.DoubleStorage", dtype::f64},
        {"torch.FloatStorage", dtype::f32},
        {"torch.HalfStorage", dtype::f16},
        {"torch.BFloat16Storage", dtype::bf16},
        {"torch.LongStorage", dtype::i64},
        {"torch.IntStorage", dtype::i32},
        {"torch.ShortStorage", dtype::i16},
        {"torch.CharStorage", dtype::i8},
        {"torch.ByteStorage", dtype::u8},
        {"torch.BoolStorage", dtype::boolean},
    }};
    for (auto const& [n, type] : types)
        if (n == name) return type;
    return std::nullopt;
}

/// The highest index that the strides reach, plus one; empty when it is negative or overflows.
std::optional<std::int64_t> reach(std::int64_t offset, std::vector<std::int64_t> const& sizes,
                                  std::vector<std::int64_t> const& strides) {
    std::int64_t last = offset;
    for (std::size_t i = 0; i < sizes.size(); ++i) {
        std::int64_t step = 0;
        if (sizes[i] < 0 || strides[i] < 0) return std::nullopt;
        if (sizes[i] == 0) return offset;
        if (__builtin_mul_overflow(sizes[i] - 1, strides[i], &step) || __builtin_add_overflow(last, step, &last))
            return std::nullopt;
    }
    if (__builtin_add_overflow(last, std::int64_t{1}, &last)) return std::nullopt;
    return last;
}

std::optional<std::vector<std::int64_t>> integers(pickle_value const& v) {
    if (v.kind != pickle_kind::sequence) return std::nullopt;
    std::vector<std::int64_t> numbers;
    for (auto const* item : v.items) {
        if (item->kind != pickle_kind::integer) return std::nullopt;
        numbers.push_back(item->integer);
    }
    return numbers;
}

struct storage {
    std::shared_ptr<at::DataPtr> memory;
    dtype type{};
    std::int64_t elements = 0;
};

/// Turns pickled calls such as torch._utils._rebuild_tensor_v2(storage, offset, size, stride, ...) into tensors.
class tensor_reader {
public:
    explicit tensor_reader(PyTorchStreamReader& archive) : archive_(archive) {}

    /// Empty when `v` is no tensor. `depth` bounds wrappers around wrappers.
    result<std::optional<tensor>> read(std::string const& name, pickle_value const& v, int depth = 0) {
        if (v.kind != pickle_kind::call || v.items[0]->kind != pickle_kind::global) return std::optional<tensor>();
        auto const& callee = v.items[0]->text;
        auto const& arguments = v.items[1]->items;
        bool const parameter =
            callee == "torch._utils._rebuild_parameter" || callee == "torch._utils._rebuild_parameter_with_state";
        if (parameter && !arguments.empty() && depth < 4) return read(name, *arguments[0], depth + 1);
        bool const plain = callee == "torch._utils._rebuild_tensor_v2" || callee == "torch._utils._rebuild_tensor";
        if (plain) return rebuild(name, arguments);
        if (callee.find("_rebuild_") != callee.npos)
            return invalid_weights(name + " is a special tensor (" + callee + "): expected plain dense tensors");
        return std::optional<tensor>();
    }

private:
    result<std::optional<tensor>> rebuild(std::string const& name, std::vector<pickle_value*> const& arguments) {
        if (arguments.size() < 4 || arguments[1]->kind != pickle_kind::integer)
            return invalid_weights(name + " is not described as a tensor");
        auto const sizes = integers(*arguments[2]);
        auto const strides = integers(*arguments[3]);
        if (!sizes || !strides || sizes->size() != strides->size())
            return invalid_weights(name + " has sizes and strides that do not match");
        auto const source = load(name, *arguments[0]);
        if (!source) return source.error();
        auto const offset = arguments[1]->integer;
        auto const count = model::element_count(*sizes);
        auto const end = reach(offset, *sizes, *strides);
        if (offset < 0 || !count || !end || *count > source->elements || *end > source->elements)
            return invalid_weights(name + " has shape " + model::shape_text(*sizes) + " and strides " +
                                   model::shape_text(*strides) + " that lie outside its storage of " +
                                   std::to_string(source->elements) + " elements");
        if (*count == 0) return std::optional(tensor(source->type, *sizes));
        auto* const first = static_cast<char*>(source->memory->get()) +
                            static_cast<std::size_t>(offset) * model::bytes_of(source->type);
        return std::optional(from_torch(at::from_blob(
            first, *sizes, *strides, [keep = source->memory](void*) {}, at::TensorOptions(scalar_type(source->type)))));
    }

    /// ("storage", torch.FloatStorage, key, location, elements)
    result<storage> load(std::string const& name, pickle_value const& v) {
        if (v.kind != pickle_kind::persistent) return invalid_weights(name + " refers to no storage");
        auto const& id = v.items[0]->items;
        if (id.size() != 5 || id[0]->text != "storage" || id[1]->kind != pickle_kind::global ||
            id[4]->kind != pickle_kind::integer)
            return invalid_weights(name + " refers to a storage of an unknown form");
        auto const type = storage_type(id[1]->text);
        if (!type) return invalid_weights(name + " has a storage of type " + id[1]->text + ", which is not supported");
        auto const elements = id[4]->integer;
        auto& memory = storages_[id[2]->text];
        if (!memory.first) {
            auto const record = "data/" + id[2]->text;
            if (!archive_.hasRecord(record))
                return invalid_weights(name + " refers to the record " + record + ", which is missing");
            auto [data, size] = archive_.getRecord(record);
            memory = {std::make_shared<at::DataPtr>(std::move(data)), size};
        }
        std::size_t expected = 0;
        if (elements < 0 ||
            __builtin_mul_overflow(static_cast<std::size_t>(elements), model::bytes_of(*type), &expected) ||
            expected != memory.second)
            return invalid_weights(name + " has a storage of " + std::to_string(memory.second) + " bytes, expected " +
                                   std::to_string(elements) + " elements of " + std::string(model::dtype_name(*type)));
        return storage{memory.first, *type, elements};
    }

    PyTorchStreamReader& archive_;
    std::map<std::string, std::pair<std::shared_ptr<at::DataPtr>, std::size_t>> storages_;
};

bool holds_tensors(pickle_value const& dict) {
    if (dict.kind != pickle_kind::dict) return false;
    for (std::size_t i = 1; i < dict.items.size(); i += 2) {
        auto const& v = *dict.items[i];
        if (v.kind == pickle_kind::call && v.items[0]->text.starts_with("torch._utils._rebuild_")) return true;
    }
    return false;
}

std::string key_list(pickle_value const& dict) {
    std::string text;
    for (std::size_t i = 0; i < dict.items.size() && i < 20; i += 2) text += (i ? ", " : "") + dict.items[i]->text;
    return text;
}

/// Where trainers keep the weights, the most usual first. A running average of the weights comes after the weights
/// themselves.
constexpr std::array<std::string_view, 14> keys_of_trainers{
    "state_dict", "model",   "model_state_dict",   "net",      "params",         "model_state", "network",
    "module",     "weights", "network_state_dict", "backbone", "state_dict_ema", "model_ema",   "ema"};

pickle_value const* member(pickle_value const& dict, std::string_view key) {
    for (std::size_t i = 0; i < dict.items.size(); i += 2)
        if (dict.items[i]->text == key) return dict.items[i + 1];
    return nullptr;
}

struct found_dict {
    pickle_value const* dict;
    std::string_view key;
};

/// The dict of tensors: a member of what a trainer saved, or else the root. A trainer's other tensors, such as its best
/// accuracy, do not make its dictionary a state dict.
result<found_dict> find_state_dict(pickle_value const& root) {
    if (root.kind != pickle_kind::dict)
        return invalid_weights(
            "the file holds a pickled Python object, not a state dict: save model.state_dict() instead of the model");
    for (auto const key : keys_of_trainers)
        if (auto const* const dict = member(root, key); dict != nullptr && holds_tensors(*dict))
            return found_dict{dict, key};
    if (holds_tensors(root)) return found_dict{&root, {}};
    return invalid_weights(
        "the file holds no state dict: expected tensors by name, or a key such as state_dict, model_state_dict or "
        "model; found: " +
        key_list(root));
}

std::string architecture_in(pickle_value const& root) {
    auto const* const name = root.kind == pickle_kind::dict ? member(root, "arch") : nullptr;
    return name != nullptr && name->kind == pickle_kind::text ? name->text : std::string();
}

result<state_dict> read_tensors(PyTorchStreamReader& archive, pickle_value const& dict) {
    state_dict tensors;
    tensor_reader reader(archive);
    for (std::size_t i = 0; i < dict.items.size(); i += 2) {
        auto const& key = *dict.items[i];
        if (key.kind != pickle_kind::text) continue;
        auto const tensor = reader.read(key.text, *dict.items[i + 1]);
        if (!tensor) return tensor.error();
        if (*tensor) tensors.insert_or_assign(key.text, **tensor);
    }
    return tensors;
}

/// Runs `read` on the archive; what libtorch throws about a broken zip becomes an error.
template <class Read>
auto with_archive(std::filesystem::path const& file, Read read)
    -> decltype(read(std::declval<PyTorchStreamReader&>())) {
    try {
        PyTorchStreamReader archive(file.string());
        return read(archive);
    } catch (std::exception const&) {
        return invalid_weights(
            "the zip archive is truncated or damaged: expected a file that torch.save() or torch.jit.save() wrote");
    }
}

/// Where torch.jit.save() puts them (torch/csrc/jit/serialization/export_module.cpp).
constexpr std::string_view extra_folder = "extra/";

}  // namespace

result<model::file_kind> archive_kind(std::filesystem::path const& file) {
    return with_archive(file, [](PyTorchStreamReader& archive) -> result<model::file_kind> {
        auto const records = archive.getAllRecords();
        auto const has = [&](auto matches) { return std::any_of(records.begin(), records.end(), matches); };
        if (has([](std::string const& r) { return r == "constants.pkl" || r.starts_with("code/"); }))
            return model::file_kind::torchscript;
        if (has([](std::string const& r) { return r == "data.pkl"; })) return model::file_kind::pth;
        return invalid_weights(
            "the zip archive has no data.pkl: expected a file that torch.save() or torch.jit.save() wrote");
    });
}

result<model::checkpoint> read_checkpoint(std::filesystem::path const& file) {
    return with_archive(file, [](PyTorchStreamReader& archive) -> result<model::checkpoint> {
        if (archive.hasRecord("byteorder")) {
            auto const [order, length] = archive.getRecord("byteorder");
            if (std::string_view(static_cast<char const*>(order.get()), length) != "little")
                return invalid_weights(
                    "the file was written on a big-endian machine: save it again on a little-endian one");
        }
        auto const [data, size] = archive.getRecord("data.pkl");
        if (size > pickle_bytes_max)
            return invalid_weights("data.pkl has " + std::to_string(size) + " bytes: at most " +
                                   std::to_string(pickle_bytes_max) + " are allowed");
        auto const document = parse_pickle({static_cast<std::byte const*>(data.get()), size});
        if (!document) return document.error();
        auto const found = find_state_dict(*document->root);
        if (!found) return found.error();
        auto tensors = read_tensors(archive, *found->dict);
        if (!tensors) return tensors.error();
        return model::checkpoint{std::move(*tensors), std::string(found->key), architecture_in(*document->root)};
    });
}

result<std::map<std::string, std::string>> read_extra_files(std::filesystem::path const& file) {
    using texts = std::map<std::string, std::string>;
    return with_archive(file, [](PyTorchStreamReader& archive) -> result<texts> {
        texts found;
        for (auto const& record : archive.getAllRecords()) {
            if (!record.starts_with(extra_folder)) continue;
            auto const [data, size] = archive.getRecord(record);
            if (size > extra_file_bytes_max)
                return invalid_weights("the extra file " + record + " has " + std::to_string(size) +
                                       " bytes: at most " + std::to_string(extra_file_bytes_max) + " are allowed");
            found.emplace(record.substr(extra_folder.size()), std::string(static_cast<char const*>(data.get()), size));
        }
        return found;
    });
}

}  // namespace sma::libtorch
