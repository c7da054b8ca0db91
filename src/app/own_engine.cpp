#include "own_engine.hpp"

#include "component_options.hpp"
#include "engine_comparison.hpp"
#include "parts.hpp"

#include <utility>

namespace sma::app {
namespace {

using engine_pointer = std::unique_ptr<engine::engine>;

/// Two right computations in f32 differ by their rounding. A sum of k products is off by about sqrt(k) * 2^-24 of its
/// size: 4e-6 for the longest of a ResNet, k = 4,608. Fifty layers add up to sqrt(50) times that, 3e-5, and Winograd's
/// convolution, which our engine uses, is ten times as far off as a plain one (Barabasz et al., "Error Analysis and
/// Improving the Accuracy of Winograd Convolution for Deep Neural Networks", 2020): 3e-4. Networks that differ in a
/// layer are off by far more than thrice that.
constexpr double logit_tolerance = 1e-3;

/// An engine at the precision that the settings ask for, and how far its logits at fp32 are off.
struct measured_engine {
    engine_pointer engine;
    double difference = 0;  ///< logit_difference() at fp32
};

result<measured_engine> make_engine(settings const& s, model::graph const& graph, int crop, engine::engine& reference) {
    auto const part = parts::engine();
    if (!part) return part.error();
    auto options = onednn_options(s, crop);
    auto made = (*part)->create_onednn_engine(graph, options);
    if (!made) return made.error();
    if ((*made)->describe().precision == "fp32") {
        auto const difference = logit_difference(**made, reference);
        return measured_engine{std::move(*made), difference};
    }
    options.precision = engine::precision::fp32;
    options.max_batch_size = 1;
    auto const plain = (*part)->create_onednn_engine(graph, options);
    if (!plain) return plain.error();
    return measured_engine{std::move(*made), logit_difference(**plain, reference)};
}

result<own_engine> compare(settings const& s, model::graph const& graph, int crop, engine::engine& reference,
                           runtime_name const& name) {
    if (graph.classes != reference.classes())
        return own_engine{nullptr, {"this program's own engine finds another number of classes", false}};
    auto made = make_engine(s, graph, crop, reference);
    if (!made) return made.error();
    auto const compared = difference_text(made->difference);
    if (!(made->difference <= logit_tolerance))
        return own_engine{nullptr, {"this program's own engine is not proven to answer alike: " + compared, true}};
    reference.release_memory();
    return own_engine{std::move(made->engine),
                      {"the network is a " + graph.architecture + " and runs on this program's own engine: beside " +
                           name.runtime + ", " + compared,
                       false}};
}

}  // namespace

result<own_engine> try_own_engine(settings const& s, model::graph const& graph, int crop, engine::engine& reference,
                                  runtime_name const& name) {
    auto const model = "the " + name.format + " model";
    try {
        return compare(s, graph, crop, reference, name);
    } catch (std::bad_alloc const&) {
        return error(errc::out_of_memory, "not enough memory to compare " + model + " with " + name.runtime);
    } catch (std::exception const& e) {
        return error(errc::invalid_weights, model + " does not run on images of noise: " + e.what());
    }
}

}  // namespace sma::app
