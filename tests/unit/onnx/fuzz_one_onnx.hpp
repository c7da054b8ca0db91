// Runs of one fuzz input for ONNX files; also used for the corpus test.
#pragma once

#include "describe_message.hpp"
#include "fuzz_checks.hpp"
#include "layer_reader.hpp"
#include "memory_file.hpp"

#include <string>
#include <string_view>

namespace sma::onnx::test {

/// What a file beside it has, for those that name one.
inline data_bytes_map const& data_beside() {
    static data_bytes_map const data = [] {
        sma::test::memory_file const file(std::string(4096, '\1'));
        return data_bytes_map{{"data", model::file_bytes::read(file.path()).value()}};
    }();
    return data;
}

inline void check_graph(model::graph const& g) {
    using sma::test::require;
    require(!g.layers.empty() && g.classes > 0 && g.classes == g.layers.back().channels && !g.architecture.empty());
    for (std::size_t i = 0; i < g.layers.size(); ++i) {
        auto const& l = g.layers[i];
        require(l.input >= 0 && static_cast<std::size_t>(l.input) <= i);
        require(!l.residual || (*l.residual >= 0 && static_cast<std::size_t>(*l.residual) <= i));
        bool const weighted = l.kind == model::layer_kind::convolution || l.kind == model::layer_kind::linear;
        if (!weighted) continue;
        auto const inputs = l.input == 0 ? 3 : g.layers[static_cast<std::size_t>(l.input) - 1].channels;
        auto const kernel = l.kind == model::layer_kind::linear ? 1 : l.kernel * l.kernel;
        require(l.bias.size() == static_cast<std::size_t>(l.channels) && inputs % l.groups == 0);
        require(l.weight.size() == static_cast<std::size_t>(l.channels) * static_cast<std::size_t>(inputs / l.groups) *
                                       static_cast<std::size_t>(kernel));
    }
}

/// An ONNX file. True if a network could be served from it. Aborts if a graph is found that is none.
inline bool fuzz_one_onnx(std::string_view input) {
    using sma::test::require;
    using sma::test::require_error;
    auto const message = parse_proto(std::as_bytes(std::span(input.data(), input.size())));
    if (!message) return require_error(message.error(), {errc::invalid_weights}), false;
    auto const described = describe_message(**message);
    auto const& in = described.input;
    require(!described.problem.empty() || (in.batch >= 0 && in.height >= 0 && in.height == in.width));
    auto const data = find_data_files(**message, "/nonexistent/x.onnx");
    if (!data) require_error(data.error(), {errc::invalid_weights});
    if (!described.problem.empty()) return false;
    // Also with a file beside it that is not there: its bytes are read as if it were.
    auto const g = layer_reader((*message)->graph(), data_beside()).read(described);
    g ? check_graph(*g) : require_error(g.error(), {errc::invalid_weights, errc::unsupported});
    return data.has_value();
}

}  // namespace sma::onnx::test
