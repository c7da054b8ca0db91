// Runs of one fuzz input for safetensors files; also used for the corpus tests.
#pragma once

#include "fuzz_checks.hpp"
#include "memory_file.hpp"
#include "weight_names.hpp"

#include "sma/model/quantized_weights.hpp"
#include "sma/model/safetensors.hpp"
#include "sma/model/weights.hpp"

#include <algorithm>
#include <cstring>
#include <string_view>

#include <unistd.h>

namespace sma::model::test {

/// The file that what was read is written to: in memory, or else where files go.
inline std::filesystem::path written_weights() {
    static auto const file = [] {
        std::filesystem::path const memory = "/dev/shm";
        auto const folder = std::filesystem::is_directory(memory) ? memory : std::filesystem::temp_directory_path();
        return folder / ("sma_fuzz_" + std::to_string(::getpid()) + ".safetensors");
    }();
    return file;
}

inline bool same_bytes(tensor const& a, tensor const& b) {
    if (a.type() != b.type() || a.shape() != b.shape()) return false;
    return a.size() == 0 || std::memcmp(a.bytes(), b.bytes(), a.byte_count()) == 0;
}

inline result<torch_archive_reader const*> no_archives() { return error(errc::unsupported, "no libtorch"); }

inline bool same_tensors(state_dict const& a, state_dict const& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](auto const& x, auto const& y) {
        return x.first == y.first && same_bytes(x.second, y.second);
    });
}

inline bool same_layer(layer const& a, layer const& b) {
    bool const same = a.name == b.name && a.kind == b.kind && a.input == b.input && a.residual == b.residual &&
                      a.activation == b.activation && a.kernel == b.kernel && a.stride == b.stride &&
                      a.padding == b.padding && a.groups == b.groups && a.channels == b.channels &&
                      a.int8.has_value() == b.int8.has_value();
    if (!same || !a.int8) return same;
    return a.int8->input_scale == b.int8->input_scale && a.int8->output_scale == b.int8->output_scale &&
           a.int8->weight_scale == b.int8->weight_scale && same_bytes(a.int8->weight, b.int8->weight) &&
           same_bytes(a.bias, b.bias);
}

/// What any tensors make: a graph, which as an int8 file is the same, or an error.
inline void check_graph(state_dict const& tensors) {
    using sma::test::require;
    auto const named = with_torchvision_names(tensors);
    if (!named) return sma::test::require_error(named.error(), {errc::invalid_weights});
    auto const g = is_quantized(tensors) ? read_quantized(tensors) : build_graph(named->tensors);
    if (!g) return sma::test::require_error(g.error(), {errc::invalid_weights});
    require(!g->layers.empty() && g->classes == g->layers.back().channels && g->classes > 0);
    for (std::size_t i = 0; i < g->layers.size(); ++i) {
        auto const& l = g->layers[i];
        require(l.input >= 0 && static_cast<std::size_t>(l.input) <= i);
        require(!l.residual || (*l.residual >= 0 && static_cast<std::size_t>(*l.residual) <= i));
    }
    if (!g->quantized) return;
    require(write_quantized(written_weights(), *g).has_value());
    auto const again = load_graph(written_weights(), no_archives);
    std::filesystem::remove(written_weights());
    require(again && again->quantized && again->architecture == g->architecture);
    require(std::equal(g->layers.begin(), g->layers.end(), again->layers.begin(), again->layers.end(), same_layer));
}

/// A safetensors file, perhaps of int8. Aborts if tensors are accepted that do not fill the file, or that are not the
/// same when they are written and read again.
inline bool fuzz_one_safetensors(std::string_view input) {
    using sma::test::require;
    auto const content = read_safetensors(sma::test::memory_file(input).path());
    if (!content) return sma::test::require_error(content.error(), {errc::invalid_weights}), false;
    std::uint64_t header_bytes = 0;
    std::memcpy(&header_bytes, input.data(), sizeof header_bytes);
    std::uint64_t tensor_bytes = 0;
    for (auto const& [name, tensor] : content->tensors) tensor_bytes += tensor.byte_count();
    require(8 + header_bytes + tensor_bytes == input.size());
    require(write_safetensors(written_weights(), *content).has_value());
    auto const again = read_safetensors(written_weights());
    std::filesystem::remove(written_weights());
    require(again && again->metadata == content->metadata && same_tensors(again->tensors, content->tensors));
    check_graph(content->tensors);
    return true;
}

}  // namespace sma::model::test
