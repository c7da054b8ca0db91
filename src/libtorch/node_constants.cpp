#include "node_constants.hpp"

#include <ATen/ATen.h>
#include <torch/csrc/jit/ir/constants.h>

#include <algorithm>
#include <string_view>
#include <utility>

namespace sma::libtorch {

using torch::jit::Node;
using torch::jit::Value;

error no_resnet(std::string text) { return {errc::unsupported, std::move(text)}; }

error other_operator(Node const& n, std::string const& why) {
    return no_resnet(std::string("the operator ") + n.kind().toQualString() + " " + why);
}

std::string layer_name(Value const& weights) {
    constexpr std::size_t most = 64;
    constexpr std::string_view prefix = "self.";
    constexpr std::string_view suffix = ".weight";
    auto name = weights.debugName();
    if (name.starts_with(prefix)) name.erase(0, prefix.size());
    if (name.ends_with(suffix)) name.resize(name.size() - suffix.size());
    name.resize(std::min(name.size(), most));
    std::replace_if(
        name.begin(), name.end(), [](unsigned char c) { return c <= 0x20 || c >= 0x7f; }, '?');
    return name;
}

c10::IValue constant(Node const& n, std::size_t input) {
    if (input >= n.inputs().size()) return {};
    auto const found = torch::jit::toIValue(n.inputs()[input]);
    return found ? *found : c10::IValue();
}

at::Tensor constant_tensor(Node const& n, std::size_t input) {
    auto const c = constant(n, input);
    return c.isTensor() ? c.toTensor() : at::Tensor();
}

bool is_none(Node const& n, std::size_t input) {
    if (input >= n.inputs().size()) return false;
    auto const found = torch::jit::toIValue(n.inputs()[input]);
    return found && found->isNone();
}

bool is_false(Node const& n, std::size_t input) {
    auto const c = constant(n, input);
    return c.isBool() && !c.toBool();
}

bool is_one(Node const& n, std::size_t input) {
    auto const c = constant(n, input);
    return c.isScalar() && !c.isBool() && c.toScalar().toDouble() == 1;
}

std::vector<std::int64_t> sides(Node const& n, std::size_t input) {
    auto const c = constant(n, input);
    if (c.isInt()) return {c.toInt(), c.toInt()};
    auto list = c.isIntList() ? c.toIntVector() : std::vector<std::int64_t>();
    if (list.size() == 1) list.push_back(list.front());
    return list;
}

bool all_are(std::vector<std::int64_t> const& numbers, std::int64_t n) {
    return !numbers.empty() && std::all_of(numbers.begin(), numbers.end(), [n](std::int64_t m) { return m == n; });
}

}  // namespace sma::libtorch
