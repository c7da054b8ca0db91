#include "script_numbers.hpp"

#include "node_constants.hpp"

#include <ATen/ATen.h>
#include <torch/csrc/jit/ir/constants.h>

#include <string_view>
#include <utility>

namespace sma::libtorch {

script_numbers::number script_numbers::number_of(torch::jit::Value const& v) const {
    if (auto const found = numbers_.find(&v); found != numbers_.end()) return found->second;
    auto const c = torch::jit::toIValue(&v);
    if (c && c->isInt()) return c->toInt();
    if (c && c->isBool()) return c->toBool() ? 1 : 0;
    return std::nullopt;
}

std::optional<script_numbers::list> script_numbers::list_of(torch::jit::Value const& v) const {
    if (auto const found = lists_.find(&v); found != lists_.end()) return found->second;
    auto const c = torch::jit::toIValue(&v);
    if (!c || !c->isIntList()) return std::nullopt;
    auto const numbers = c->toIntVector();
    return list(numbers.begin(), numbers.end());
}

result<> script_numbers::compute(torch::jit::Node const& n) {
    auto const& output = *n.output();
    std::string_view const kind = n.kind().toQualString();
    if (kind == "prim::ListConstruct") {
        list made;
        for (auto const* v : n.inputs()) made.push_back(number_of(*v));
        set(output, std::move(made));
    } else if (kind == "aten::len") {
        auto const counted = list_of(*n.inputs()[0]);
        if (!counted) return other_operator(n, "counts something else than dimensions");
        set(output, static_cast<std::int64_t>(counted->size()));
    } else {
        set(output, n.inputs().size() == 2 ? compare(n) : number_of(*n.inputs()[0]));
    }
    return {};
}

script_numbers::number script_numbers::compare(torch::jit::Node const& n) const {
    auto const a = number_of(*n.inputs()[0]);
    auto const b = number_of(*n.inputs()[1]);
    if (!a || !b) return std::nullopt;
    std::string_view const kind = n.kind().toQualString();
    if (kind == "aten::eq") return *a == *b ? 1 : 0;
    if (kind == "aten::ne") return *a != *b ? 1 : 0;
    if (kind == "aten::lt") return *a < *b ? 1 : 0;
    if (kind == "aten::le") return *a <= *b ? 1 : 0;
    if (kind == "aten::gt") return *a > *b ? 1 : 0;
    return *a >= *b ? 1 : 0;
}

}  // namespace sma::libtorch
