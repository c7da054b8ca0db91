#include "script_reader.hpp"

#include "node_constants.hpp"

#include <ATen/ATen.h>
#include <torch/csrc/jit/ir/constants.h>
#include <torch/csrc/jit/passes/dead_code_elimination.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>
#include <utility>

namespace sma::libtorch {
namespace {

using model::tensor;
using torch::jit::Node;
using torch::jit::Value;

/// Whether it asks for dimensions and reads no elements.
bool reads_shape_alone(Node const& n) {
    std::string_view const kind = n.kind().toQualString();
    return kind == "aten::size" || kind == "aten::dim";
}

/// Where a module answers more than logits, the value that script_network reads; null if there is none.
Value* logits_in(Value* answer) {
    auto& n = *answer->node();
    if (n.kind() == torch::jit::prim::TupleConstruct && !n.inputs().empty()) return logits_in(n.inputs()[0]);
    if (n.kind() != torch::jit::prim::DictConstruct) return answer;
    for (std::size_t i = 0; i + 1 < n.inputs().size(); i += 2) {
        auto const key = constant(n, i);
        if (key.isString() && key.toStringRef() == "logits") return n.inputs()[i + 1];
    }
    return nullptr;
}

}  // namespace

result<model::graph> script_reader::read(torch::jit::Graph& forward) {
    constexpr std::size_t self_and_images = 2;
    if (forward.inputs().size() != self_and_images || forward.outputs().size() != 1)
        return no_resnet("its forward() takes more than images");
    auto* const logits = logits_in(forward.outputs()[0]);
    if (logits == nullptr) return no_resnet("its answer has no logits");
    forward.eraseOutput(0);
    forward.registerOutput(logits);
    torch::jit::EliminateDeadCode(forward.block());
    auto const images = builder::images();
    activations_[forward.inputs()[1]] = {images, {std::nullopt, images->channels, std::nullopt, std::nullopt}};
    if (auto const ok = add_block(*forward.block()); !ok) return ok.error();
    auto const last = find(*forward.outputs()[0]);
    return last ? builder_.finish(last->from) : last.error();
}

result<> script_reader::add_block(torch::jit::Block const& block) {
    for (auto const* n : block.nodes()) {
        if (auto const ok = add(*n); !ok) return ok.error();
        if (builder_.has_too_many_layers()) return no_resnet("it has too many layers");
    }
    return {};
}

result<> script_reader::add(node const& n) {
    struct row {
        std::string_view kind;
        std::size_t inputs;  ///< at least
        result<> (script_reader::*read)(node const&);
    };
    static constexpr std::array rows{row{"prim::Constant", 0, &script_reader::add_nothing},
                                     row{"aten::conv2d", 7, &script_reader::add_convolution},
                                     row{"aten::_convolution", 12, &script_reader::add_convolution},
                                     row{"aten::batch_norm", 9, &script_reader::add_batch_norm},
                                     row{"aten::relu", 1, &script_reader::add_relu},
                                     row{"aten::relu_", 1, &script_reader::add_relu},
                                     row{"aten::add", 3, &script_reader::add_sum},
                                     row{"aten::add_", 3, &script_reader::add_sum},
                                     row{"aten::max_pool2d", 6, &script_reader::add_max_pool},
                                     row{"aten::adaptive_avg_pool2d", 2, &script_reader::add_average_pool},
                                     row{"aten::mean", 4, &script_reader::add_mean},
                                     row{"aten::flatten", 3, &script_reader::add_flatten},
                                     row{"aten::view", 2, &script_reader::add_view},
                                     row{"aten::reshape", 2, &script_reader::add_view},
                                     row{"aten::squeeze", 1, &script_reader::add_squeeze},
                                     row{"aten::linear", 3, &script_reader::add_linear},
                                     row{"aten::addmm", 5, &script_reader::add_matrix_product},
                                     row{"aten::matmul", 2, &script_reader::add_matrix_product},
                                     row{"aten::dropout", 3, &script_reader::add_dropout},
                                     row{"aten::dropout_", 3, &script_reader::add_dropout},
                                     row{"aten::contiguous", 2, &script_reader::add_alias},
                                     row{"aten::detach", 1, &script_reader::add_alias},
                                     row{"aten::to", 2, &script_reader::add_conversion},
                                     row{"aten::size", 1, &script_reader::add_size},
                                     row{"aten::dim", 1, &script_reader::add_dimension_count},
                                     row{"aten::len", 1, &script_reader::add_number},
                                     row{"aten::Int", 1, &script_reader::add_number},
                                     row{"prim::NumToTensor", 1, &script_reader::add_number},
                                     row{"aten::eq", 2, &script_reader::add_number},
                                     row{"aten::ne", 2, &script_reader::add_number},
                                     row{"aten::lt", 2, &script_reader::add_number},
                                     row{"aten::le", 2, &script_reader::add_number},
                                     row{"aten::gt", 2, &script_reader::add_number},
                                     row{"aten::ge", 2, &script_reader::add_number},
                                     row{"prim::ListConstruct", 0, &script_reader::add_number},
                                     row{"prim::If", 1, &script_reader::add_branch}};
    std::string_view const kind = n.kind().toQualString();
    auto const found = std::find_if(rows.begin(), rows.end(), [kind](row const& r) { return r.kind == kind; });
    if (found == rows.end() || n.inputs().size() < found->inputs) return other_operator(n, "is none of a ResNet's");
    return (this->*found->read)(n);
}

result<> script_reader::add_nothing(node const&) { return {}; }

result<> script_reader::add_convolution(node const& n) {
    auto const x = find(*n.inputs()[0]);
    if (!x) return x.error();
    // conv2d ends with its groups; the other one has transposed and output_padding before them.
    bool const plain = n.kind() == torch::jit::aten::conv2d || (is_false(n, 6) && all_are(sides(n, 7), 0));
    auto const groups = constant(n, n.kind() == torch::jit::aten::conv2d ? 6 : 8);
    bool const biased = !is_none(n, 2);
    auto const weights = constant_tensor(n, 1);
    auto const numbers = constant_tensor(n, 2);
    if (!plain || !groups.isInt() || !weights.defined() || (biased && !numbers.defined()))
        return other_operator(n, "is no convolution of a ResNet");
    auto weight = copy(weights);
    if (!weight) return weight.error();
    auto bias = copy(numbers);
    if (!bias) return bias.error();
    return define(n, builder_.convolution(layer_name(*n.inputs()[1]), *x, {sides(n, 3), sides(n, 4), sides(n, 5)},
                                          groups.toInt(), std::move(*weight), std::move(*bias)));
}

result<> script_reader::add_batch_norm(node const& n) {
    auto const x = find(*n.inputs()[0]);
    if (!x) return x.error();
    auto const epsilon = constant(n, 7);
    // Before its weights are copied.
    if (!is_false(n, 5) || !epsilon.isDouble() || !builder::is_open(*x))
        return other_operator(n, "does not follow a convolution alone");
    auto const channels = x->from->channels;
    std::array<tensor, 4> parts;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        // gamma and beta of one without weights
        auto const found = is_none(n, i + 1) && i < 2 ? at::full({channels}, i == 0 ? 1.0 : 0.0, at::kFloat)
                                                      : constant_tensor(n, i + 1);
        if (!found.defined()) return other_operator(n, "has computed weights");
        auto part = copy(found);
        if (!part) return part.error();
        parts[i] = std::move(*part);
    }
    return define(n, builder_.batch_norm(*x, parts, epsilon.toDouble()));
}

result<> script_reader::add_relu(node const& n) {
    auto const x = find(*n.inputs()[0]);
    return x ? define(n, builder_.relu(*x)) : x.error();
}

result<> script_reader::add_sum(node const& n) {
    if (!is_one(n, 2)) return other_operator(n, "adds a multiple");
    auto const a = find(*n.inputs()[0]);
    auto const b = find(*n.inputs()[1]);
    bool const in_place = n.kind() == torch::jit::aten::add_;
    if (in_place && !a) return a.error();
    if (auto const numbers = constant_tensor(n, a ? 1 : 0); numbers.defined() && (a || b)) {
        auto const bias = copy(numbers);
        return bias ? define(n, builder_.linear_bias(a ? *a : *b, *bias), {std::nullopt, std::nullopt}) : bias.error();
    }
    if (!a) return a.error();
    if (!b) return b.error();
    // What is not open may have another name, whose readers would see the sum.
    if (in_place && !builder::is_open(*a)) return other_operator(n, "writes to what is read elsewhere");
    return define(n, builder_.sum(*a, *b));
}

result<> script_reader::add_max_pool(node const& n) {
    auto const x = find(*n.inputs()[0]);
    if (!x) return x.error();
    auto const kernel = sides(n, 1);
    auto const stride = constant(n, 2);
    bool const own_stride = stride.isIntList() && !stride.toIntVector().empty();
    if (!is_false(n, 5)) return other_operator(n, "is no pool of a ResNet");
    return define(
        n, builder_.max_pool("max_pool", *x, kernel, {own_stride ? sides(n, 2) : kernel, sides(n, 3), sides(n, 4)}));
}

result<> script_reader::add_average_pool(node const& n) {
    if (!all_are(sides(n, 1), 1)) return other_operator(n, "is no global average");
    return add_global_average(n, true);
}

result<> script_reader::add_mean(node const& n) {
    auto axes = sides(n, 1);
    for (auto& axis : axes) axis = axis < 0 ? axis + 4 : axis;
    std::sort(axes.begin(), axes.end());
    auto const keeps = constant(n, 2);
    if (axes != std::vector<std::int64_t>{2, 3} || !keeps.isBool() || !is_none(n, 3))
        return other_operator(n, "is no global average");
    return add_global_average(n, keeps.toBool());
}

result<> script_reader::add_global_average(node const& n, bool keeps_dimensions) {
    auto const x = find(*n.inputs()[0]);
    if (!x) return x.error();
    shape dimensions{std::nullopt, x->from->channels};
    if (keeps_dimensions) dimensions.insert(dimensions.end(), {1, 1});
    return define(n, builder_.average_pool("average_pool", *x), std::move(dimensions));
}

result<> script_reader::add_flatten(node const& n) {
    auto const first = numbers_.number_of(*n.inputs()[1]);
    auto const last = numbers_.number_of(*n.inputs()[2]).value_or(0);
    if (first != 1 || (last != -1 && last != 3)) return other_operator(n, "does not follow the global average");
    return flatten(n);
}

/// To [n, channels]. Its first number is the one of the images, whatever it says: with another the linear layer that
/// reads it would not run.
result<> script_reader::add_view(node const& n) {
    auto const x = find(*n.inputs()[0]);
    if (!x) return x.error();
    auto const to = numbers_.list_of(*n.inputs()[1]);
    if (!to || to->size() != 2) return other_operator(n, "does not follow the global average");
    auto const& rows = to->front();
    auto const& columns = to->back();
    bool const fits = columns == x->from->channels || (columns == -1 && rows != -1);
    if (!fits) return other_operator(n, "does not follow the global average");
    return flatten(n);
}

/// Of one image it drops the first dimension as well, which changes no logit.
result<> script_reader::add_squeeze(node const& n) {
    if (n.inputs().size() != 1) return other_operator(n, "does not follow the global average");
    return flatten(n);
}

result<> script_reader::flatten(node const& n) {
    auto const x = find(*n.inputs()[0]);
    if (!x) return x.error();
    return define(n, builder_.flatten(*x), {std::nullopt, x->from->channels});
}

result<> script_reader::add_linear(node const& n) {
    auto const bias = constant_tensor(n, 2);
    if (!bias.defined() && !is_none(n, 2)) return other_operator(n, "has computed weights");
    return append_linear(n, *n.inputs()[0], *n.inputs()[1], constant_tensor(n, 1), bias);
}

/// addmm(bias, x, weight, beta, alpha) or matmul(x, weight).
result<> script_reader::add_matrix_product(node const& n) {
    bool const biased = n.kind() == torch::jit::aten::addmm;
    auto const weight = constant_tensor(n, biased ? 2 : 1);
    auto const bias = biased ? constant_tensor(n, 0) : at::Tensor();
    bool const plain = !biased || (bias.defined() && is_one(n, 3) && is_one(n, 4));
    if (!plain || !weight.defined() || weight.dim() != 2) return other_operator(n, "is no linear layer");
    return append_linear(n, *n.inputs()[biased ? 1 : 0], *n.inputs()[biased ? 2 : 1], weight.t(), bias);
}

result<> script_reader::append_linear(node const& n, script_value const& x, script_value const& named,
                                      at::Tensor const& weight, at::Tensor const& bias) {
    auto const from = find(x);
    if (!from) return from.error();
    if (activations_.at(&x).dimensions.size() != 2) return other_operator(n, "does not read the global average");
    if (!weight.defined()) return other_operator(n, "has computed weights");
    auto w = copy(weight);
    if (!w) return w.error();
    auto b = copy(bias);
    if (!b) return b.error();
    return define(n, builder_.linear(layer_name(named), *from, std::move(*w), std::move(*b)),
                  {std::nullopt, std::nullopt});
}

result<> script_reader::add_alias(node const& n) {
    auto const x = find(*n.inputs()[0]);
    if (!x) return x.error();
    return define(n, builder_.alias(*x), activations_.at(n.inputs()[0]).dimensions);
}

result<> script_reader::add_dropout(node const& n) {
    if (!is_false(n, 2)) return other_operator(n, "may be in training mode");
    return add_alias(n);
}

/// To F32 on the CPU, where all is.
result<> script_reader::add_conversion(node const& n) {
    for (std::size_t i = 1; i < n.inputs().size(); ++i) {
        auto const found = torch::jit::toIValue(n.inputs()[i]);
        bool const says_nothing = found && (found->isNone() || found->isBool());
        bool const same_type = found && found->isInt() && i <= 2 && found->toInt() == static_cast<int>(at::kFloat);
        bool const same_device = found && found->isDevice() && found->toDevice().is_cpu();
        // The last one is the order of the memory, which changes no value.
        bool const is_order = found && found->isInt() && i >= 4;
        if (!says_nothing && !same_type && !same_device && !is_order)
            return other_operator(n, "converts to another type");
    }
    return add_alias(n);
}

/// size(x), or size(x, dimension).
result<> script_reader::add_size(node const& n) {
    auto const x = find(*n.inputs()[0]);
    if (!x) return x.error();
    auto const& dimensions = activations_.at(n.inputs()[0]).dimensions;
    if (n.inputs().size() == 1) {
        numbers_.set(*n.output(), dimensions);
        return {};
    }
    auto const count = static_cast<std::int64_t>(dimensions.size());
    auto const which = numbers_.number_of(*n.inputs()[1]);
    if (!which || *which < -count || *which >= count) return other_operator(n, "asks for another dimension");
    numbers_.set(*n.output(), dimensions[static_cast<std::size_t>(*which < 0 ? *which + count : *which)]);
    return {};
}

result<> script_reader::add_dimension_count(node const& n) {
    auto const found = activations_.find(n.inputs()[0]);
    if (found == activations_.end()) return other_operator(n, "is none of a ResNet's");
    numbers_.set(*n.output(), static_cast<std::int64_t>(found->second.dimensions.size()));
    return {};
}

result<> script_reader::add_number(node const& n) { return numbers_.compute(n); }

/// Takes the branch that runs, whatever the images are.
result<> script_reader::add_branch(node const& n) {
    auto const condition = numbers_.number_of(*n.inputs()[0]);
    if (!condition) return other_operator(n, "depends on the images");
    auto const& block = *n.blocks()[*condition != 0 ? 0 : 1];
    if (auto const ok = add_block(block); !ok) return ok.error();
    for (std::size_t i = 0; i < n.outputs().size(); ++i) {
        auto const* const made = block.outputs()[i];
        auto const* const output = n.outputs()[i];
        if (auto const list = numbers_.list_of(*made)) {
            numbers_.set(*output, *list);
        } else if (auto const found = numbers_.number_of(*made)) {
            numbers_.set(*output, found);
        } else {
            auto const x = find(*made);
            if (!x) return x.error();
            activations_[output] = {builder_.alias(*x), activations_.at(made).dimensions};
        }
    }
    return {};
}

result<model::graph_builder::operand> script_reader::find(script_value const& v) const {
    auto const found = activations_.find(&v);
    if (found == activations_.end())
        return no_resnet("what " + std::string(v.node()->kind().toQualString()) +
                         " gives is no activation of a ResNet");
    auto const& uses = v.uses();
    auto const readers =
        std::count_if(uses.begin(), uses.end(), [](torch::jit::Use const& u) { return !reads_shape_alone(*u.user); });
    return builder::operand{found->second.from, readers == 1};
}

result<> script_reader::define(node const& n, result<builder::activation> made) {
    if (!made) return other_operator(n, made.error().message);
    auto const channels = (*made)->channels;
    return define(n, std::move(made), {std::nullopt, channels, std::nullopt, std::nullopt});
}

result<> script_reader::define(node const& n, result<builder::activation> made, shape dimensions) {
    if (!made) return other_operator(n, made.error().message);
    activations_[n.output()] = {std::move(*made), std::move(dimensions)};
    return {};
}

result<tensor> script_reader::copy(at::Tensor const& weights) {
    if (!weights.defined()) return tensor();
    bool const plain = weights.layout() == at::kStrided && weights.is_floating_point() && weights.device().is_cpu();
    model::tensor_shape const sizes(weights.sizes().begin(), weights.sizes().end());
    if (!plain || !builder_.take_elements(sizes))
        return no_resnet("its weights are no floats, or more than the file has");
    auto const values = weights.detach().to(at::kFloat).contiguous();
    tensor made(model::dtype::f32, sizes);
    std::memcpy(made.fill_bytes(), values.data_ptr(), made.byte_count());
    return made;
}

}  // namespace sma::libtorch
