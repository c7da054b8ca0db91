// Reader of the int8 file. Nothing in it is trusted: numbers are bounded, ids point backwards, shapes and scales agree.
#include "quantized_format.hpp"
#include "strict_json.hpp"

#include "sma/model/quantized_weights.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <algorithm>
#include <cmath>
#include <set>

namespace sma::model {
namespace {

namespace json = boost::json;
namespace format = quantized_format;

constexpr std::size_t layers_max = 4096;
constexpr int channels_max = 1 << 17;

error broken(std::string const& subject, std::string const& text) {
    return {errc::invalid_weights, "quantized weights: " + subject + ": " + text};
}

/// Typed fields of a JSON object. The first thing that is wrong is remembered, what follows yields defaults.
class fields {
public:
    fields(json::object const& object, std::string subject) : object_(object), subject_(std::move(subject)) {}

    std::string text(std::string_view name) {
        auto const* const v = find(name);
        if (v != nullptr && v->is_string()) return std::string(v->as_string());
        return fail(name, "expected text"), std::string();
    }
    int integer(std::string_view name, int least, int most) {
        auto const* const v = find(name);
        if (v != nullptr && v->is_int64() && v->as_int64() >= least && v->as_int64() <= most)
            return static_cast<int>(v->as_int64());
        return fail(name, "expected a whole number from " + std::to_string(least) + " to " + std::to_string(most)),
               least;
    }
    bool boolean(std::string_view name) {
        auto const* const v = find(name);
        if (v != nullptr && v->is_bool()) return v->as_bool();
        return fail(name, "expected true or false"), false;
    }
    float scale(std::string_view name) {
        auto const* const v = find(name);
        if (v != nullptr && v->is_number()) {
            auto const x = static_cast<float>(v->to_number<double>());
            if (std::isfinite(x) && x >= 0) return x;
        }
        return fail(name, "expected a scale >= 0"), 0.0F;
    }
    bool has(std::string_view name) const { return object_.contains(name); }

    void fail(std::string_view name, std::string const& text) {
        if (!error_) error_ = broken(subject_, std::string(name) + ": " + text);
    }
    std::optional<error> const& first_error() const { return error_; }

private:
    json::value const* find(std::string_view name) const { return object_.if_contains(name); }

    json::object const& object_;
    std::string subject_;
    std::optional<error> error_;
};

std::optional<layer_kind> kind_named(std::string_view text) {
    for (auto const& [kind, name] : format::kinds)
        if (name == text) return kind;
    return std::nullopt;
}

/// One layer's JSON; `index` bounds the ids of what it reads.
result<layer> read_layer(json::value const& v, int index) {
    std::string const subject = "layer " + std::to_string(index);
    if (!v.is_object()) return broken(subject, "expected an object");
    fields f(v.get_object(), subject);
    layer l;
    l.name = f.text("name");
    auto const kind = kind_named(f.text("kind"));
    if (!kind) f.fail("kind", "expected convolution, max_pool, average_pool or linear");
    l.kind = kind.value_or(layer_kind::convolution);
    l.input = f.integer("input", 0, index);
    if (f.has("residual")) l.residual = f.integer("residual", 0, index);
    l.activation = f.boolean("relu") ? activation_kind::relu : activation_kind::none;
    l.kernel = f.integer("kernel", 1, 64);
    l.stride = f.integer("stride", 1, 64);
    l.padding = f.integer("padding", 0, 63);
    l.groups = f.integer("groups", 1, channels_max);
    l.channels = f.integer("channels", 0, channels_max);
    if (l.padding >= l.kernel && l.padding > 0) f.fail("padding", "expected less than the kernel");
    if (l.residual && l.kind != layer_kind::convolution) f.fail("residual", "only a convolution has one");
    if (format::has_weights(l.kind)) {
        l.int8.emplace();
        l.int8->input_scale = f.scale("input_scale");
        l.int8->output_scale = f.scale("output_scale");
        if (l.channels < 1) f.fail("channels", "expected at least 1");
        if (l.channels % l.groups != 0) f.fail("groups", "expected a divisor of the channels");
    }
    if (f.first_error()) return *f.first_error();
    return l;
}

template <class T, class Predicate>
bool all_of(std::span<T const> values, Predicate is_good) {
    return std::all_of(values.begin(), values.end(), is_good);
}

class tensors_of_layers {
public:
    explicit tensors_of_layers(state_dict const& tensors) : tensors_(tensors) {}

    result<> read(layer& l, int input_channels) {
        if (input_channels % l.groups != 0) return broken(l.name, "groups do not divide the input's channels");
        tensor_shape shape{l.channels, input_channels / l.groups};
        if (l.kind == layer_kind::convolution) shape.insert(shape.end(), {l.kernel, l.kernel});
        auto const weight = take(l, "weight", dtype::i8, shape);
        if (!weight) return weight.error();
        auto const scales = take(l, "weight_scale", dtype::f32, {l.channels});
        if (!scales) return scales.error();
        auto const bias = take(l, "bias", dtype::f32, {l.channels});
        if (!bias) return bias.error();
        if (!all_of(weight->values<std::int8_t>(), [](int x) { return x >= -127; }))
            return broken(l.name, "a weight is -128: expected -127 to 127");
        auto const scale = scales->values<float>();
        if (!all_of(scale, [](float x) { return x > 0 && std::isfinite(x); }))
            return broken(l.name, "a weight scale is not a number above 0");
        if (!all_of(bias->values<float>(), [](float x) { return std::isfinite(x); }))
            return broken(l.name, "a bias is not finite");
        l.int8->weight = *weight;
        l.int8->weight_scale.assign(scale.begin(), scale.end());
        l.bias = *bias;
        return {};
    }
    std::size_t taken() const noexcept { return taken_.size(); }

private:
    result<tensor> take(layer const& l, std::string_view part, dtype type, tensor_shape const& shape) {
        auto const name = format::tensor_name(l, part);
        auto const found = tensors_.find(name);
        if (found == tensors_.end()) return broken(name, "is missing");
        if (found->second.type() != type || found->second.shape() != shape)
            return broken(name, "does not have the type and shape that int8.graph says");
        if (!taken_.insert(name).second) return broken(name, "belongs to two layers");
        return found->second;
    }

    state_dict const& tensors_;
    std::set<std::string> taken_;  ///< names
};

/// The known properties of each value while the layers are read in order.
struct value_facts {
    int channels = 0;
    float scale = 0;
};

/// Average pool and linear layer end the network, and stand nowhere else.
result<> check_order(std::vector<layer> const& layers) {
    if (layers.size() < 3)
        return broken("int8.graph", "expected layers that end with an average pool and a linear layer");
    for (std::size_t i = 0; i < layers.size(); ++i) {
        bool const last = i + 1 == layers.size();
        bool const before_last = i + 2 == layers.size();
        if ((layers[i].kind == layer_kind::linear) != last ||
            (layers[i].kind == layer_kind::average_pool) != before_last)
            return broken(layers[i].name, "expected an average pool and a linear layer at the end and nowhere else");
    }
    if (layers.back().input + 1 != static_cast<int>(layers.size()))
        return broken(layers.back().name, "expected to read the average pool");
    if (layers.front().kind != layer_kind::convolution)
        return broken(layers.front().name, "expected a convolution first");
    return {};
}

result<value_facts> facts_after(layer const& l, std::vector<value_facts> const& values, float linear_scale) {
    auto const& input = values[static_cast<std::size_t>(l.input)];
    if (l.kind == layer_kind::max_pool) return input;
    if (l.kind == layer_kind::average_pool) return value_facts{input.channels, linear_scale};
    if (l.int8->input_scale != input.scale || !(input.scale > 0))
        return broken(l.name, "input_scale differs from the scale of what it reads, or is 0");
    bool const linear = l.kind == layer_kind::linear;
    if (linear != (l.int8->output_scale == 0))
        return broken(l.name, "output_scale is 0 for the linear layer and no other");
    if (l.residual && values[static_cast<std::size_t>(*l.residual)].channels != l.channels)
        return broken(l.name, "the residual has another number of channels");
    return value_facts{l.channels, l.int8->output_scale};
}

result<> read_tensors(graph& g, state_dict const& tensors) {
    std::vector<value_facts> values{{3, g.layers.front().int8->input_scale}};
    tensors_of_layers source(tensors);
    for (layer& l : g.layers) {
        auto const facts = facts_after(l, values, g.layers.back().int8->input_scale);
        if (!facts) return facts.error();
        if (format::has_weights(l.kind)) {
            auto const read = source.read(l, values[static_cast<std::size_t>(l.input)].channels);
            if (!read) return read.error();
        } else {
            l.channels = facts->channels;
        }
        values.push_back(*facts);
    }
    if (source.taken() + 1 != tensors.size()) return broken("the file", "has tensors that int8.graph does not name");
    return {};
}

result<json::value> graph_json(state_dict const& tensors) {
    auto const& t = tensors.at(std::string(format::graph_tensor));
    if (t.type() != dtype::u8 || t.dimensions() != 1) return broken("int8.graph", "expected a U8 tensor of text");
    return parse_strict_json({reinterpret_cast<char const*>(t.bytes()), t.size()}, errc::invalid_weights, "int8.graph");
}

}  // namespace

result<graph> read_quantized(state_dict const& tensors) {
    if (!is_quantized(tensors)) return broken("int8.graph", "is missing");
    auto const document = graph_json(tensors);
    if (!document) return document.error();
    if (!document->is_object()) return broken("int8.graph", "expected an object");
    fields f(document->get_object(), "int8.graph");
    if (f.text("format") != format::format_name) f.fail("format", "expected " + std::string(format::format_name));
    f.integer("version", format::version, format::version);
    graph g;
    g.architecture = f.text("architecture");
    g.quantized = true;
    auto const* const layers = document->get_object().if_contains("layers");
    if (layers == nullptr || !layers->is_array() || layers->get_array().size() > layers_max)
        f.fail("layers", "expected an array of layers");
    if (f.first_error()) return *f.first_error();
    for (auto const& v : layers->get_array()) {
        auto l = read_layer(v, static_cast<int>(g.layers.size()));
        if (!l) return l.error();
        g.layers.push_back(std::move(*l));
    }
    auto const ordered = check_order(g.layers);
    if (!ordered) return ordered.error();
    g.classes = g.layers.back().channels;
    auto const read = read_tensors(g, tensors);
    if (!read) return read.error();
    return g;
}

}  // namespace sma::model
