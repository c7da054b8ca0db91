// Numbers and lists of numbers that a TorchScript graph computes beside its activations.
#pragma once

#include "sma/core/error.hpp"

#include <torch/csrc/jit/ir/ir.h>

#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace sma::libtorch {

/// Mostly of shapes: checks of a tensor's dimensions, and what a flattening is told. Used on one thread.
class script_numbers {
public:
    using number = std::optional<std::int64_t>;  ///< nothing: it depends on the images; 0 and 1 for false and true
    using list = std::vector<number>;

    /// A constant, or what set() or compute() said.
    number number_of(torch::jit::Value const& v) const;
    /// Nothing for what is no list.
    std::optional<list> list_of(torch::jit::Value const& v) const;

    void set(torch::jit::Value const& v, number n) { numbers_[&v] = n; }
    void set(torch::jit::Value const& v, list l) { lists_[&v] = std::move(l); }

    /// An operator that counts a list, compares, makes a list or only passes a number on. Errors: unsupported.
    result<> compute(torch::jit::Node const& n);

private:
    number compare(torch::jit::Node const& n) const;

    std::map<torch::jit::Value const*, number> numbers_;
    std::map<torch::jit::Value const*, list> lists_;
};

}  // namespace sma::libtorch
