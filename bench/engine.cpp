// Benchmark of milliseconds per batch: the CPU engine, the machine's limit (a bare chain of the same convolutions),
// with AVX2 alone what the instructions would allow, and libtorch eager and as optimized TorchScript. All take turns in
// one process; the median of each one's runs counts.
//   bench_engine [--json] [--threads N] [--seconds S] [--turns N] [--weights FILE] [--precision P] [--batch N]
//                [--features]
//   FILE: float weights; default random ResNet-50. P, N: these rows alone. --features: instead of the others, the
//   engine with an embedding, and with an activation map, of each image.
#include "contestants.hpp"
#include "instruction_limit.hpp"
#include "no_archives.hpp"
#include "onednn_limit.hpp"
#include "plain_resnet.hpp"
#include "scripted_network.hpp"
#include "synthetic_models.hpp"
#include "torch_tensors.hpp"

#include "sma/core/usable_resources.hpp"
#include "sma/engine/cpu_capability.hpp"
#include "sma/engine/onednn_engine.hpp"
#include "sma/model/weights.hpp"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>
#include <omp.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace {

using namespace sma;
using bench::contestant;

struct options {
    bool json = false;
    int threads = usable_cpus();
    double seconds = 6;  // for each table row
    int turns = 5;       // at least, however long they take
    std::string weights;
    std::string precision;  // empty: all
    int batch = 0;          // 0: 1 and 8
    bool features = false;
};

options parse(int argc, char** argv) {
    options o;
    for (int i = 1; i < argc; ++i) {
        std::string const word = argv[i];
        if (word == "--json") o.json = true;
        if (word == "--features") o.features = true;
        if (word == "--threads" && i + 1 < argc) o.threads = std::max(1, std::atoi(argv[++i]));
        if (word == "--seconds" && i + 1 < argc) o.seconds = std::max(0.1, std::atof(argv[++i]));
        if (word == "--turns" && i + 1 < argc) o.turns = std::max(1, std::atoi(argv[++i]));
        if (word == "--weights" && i + 1 < argc) o.weights = argv[++i];
        if (word == "--precision" && i + 1 < argc) o.precision = argv[++i];
        if (word == "--batch" && i + 1 < argc) o.batch = std::max(1, std::atoi(argv[++i]));
    }
    return o;
}

struct network {
    model::state_dict weights;
    model::graph graph;
    model::graph quantized;
};

network load(options const& o) {
    network n;
    n.weights = o.weights.empty() ? test::make_state_dict(test::resnet50())
                                  : model::load_weights(o.weights, test::no_archives).value().tensors;
    n.graph = model::build_graph(n.weights).value();
    // Which images calibrate makes no difference to the speed.
    libtorch::quantize_options const quantizing{.threads = o.threads};
    n.quantized =
        libtorch::quantize(n.graph, test::images_of(test::make_images(4, 224, 224, 1)), quantizing).value().network;
    return n;
}

/// The engine with a batch of images and a buffer for the logits.
class our_engine {
public:
    our_engine(network const& n, engine::precision p, int threads, int batch)
        : engine_(
              engine::create_onednn_engine(p == engine::precision::int8 ? n.quantized : n.graph,
                                           {.precision = p, .force = true, .threads = threads, .max_batch_size = batch})
                  .value()),
          images_(static_cast<std::size_t>(batch), std::vector<std::byte>(engine_->input().bytes())),
          logits_(static_cast<std::size_t>(batch * engine_->classes())) {
        for (auto const& image : images_) pointers_.push_back(image.data());
    }
    void run() { engine_->infer(pointers_, logits_); }
    void run_with_embedding() {
        engine_->infer_with_features(pointers_, logits_, [this](std::size_t, engine::image_features const& features) {
            features.read_embedding(embedding_);
        });
    }
    void run_with_map() {
        engine_->infer_with_features(pointers_, logits_, [this](std::size_t, engine::image_features const& features) {
            features.read_activation_map(0, map_);
        });
    }

private:
    std::unique_ptr<engine::onednn_engine> engine_;
    std::vector<std::vector<std::byte>> images_;
    std::vector<std::byte const*> pointers_;
    std::vector<float> logits_;
    std::vector<float> embedding_ = std::vector<float>(static_cast<std::size_t>(engine_->features()->channels));
    std::vector<float> map_ = std::vector<float>(engine_->features()->positions());
};

struct row {
    std::string precision;
    int batch = 0;
    std::vector<contestant> all;  ///< ours, the limit, and at fp32 libtorch's two; or ours without and with features
    double instructions_ms = 0;   ///< 0 where it is not known
};

/// Of the direct convolution; Winograd's needs fewer products.
double instructions_ms(engine::precision p, int batch, options const& o) {
    auto const& cpu = engine::this_cpu();
    if (!cpu.has_avx2 || cpu.has_avx512 || p == engine::precision::bf16) return 0;
    constexpr double seconds = 0.3;
    double const rate =
        p == engine::precision::fp32 ? bench::f32_products_a_second(seconds) : bench::int8_products_a_second(seconds);
    return 1000 * batch * bench::resnet50_products / (rate * o.threads);
}

/// Says why where it is not.
bool is_computed(network const& n, engine::precision p) {
    auto const chosen = engine::select_precision(p, false, n.quantized.quantized, engine::this_cpu());
    if (!chosen) std::fprintf(stderr, "skipped: %s\n", chosen.error().message.c_str());
    return chosen.has_value();
}

row measure(network const& n, engine::precision p, int batch, options const& o) {
    auto const ours = std::make_shared<our_engine>(n, p, o.threads, batch);
    row r{std::string(engine::precision_name(p)), batch, {}, instructions_ms(p, batch, o)};
    r.all.push_back({"ours", [ours] { ours->run(); }});
    if (o.features) {
        // Alone with each other: whoever runs after another network finds its weights gone from the caches, and 1 % is
        // less than what that costs.
        r.all.push_back({"embedding", [ours] { ours->run_with_embedding(); }});
        r.all.push_back({"map", [ours] { ours->run_with_map(); }});
        bench::take_turns(r.all, o.seconds, o.turns);
        return r;
    }
    auto const limit_type = p == engine::precision::fp32   ? bench::limit_type::fp32
                            : p == engine::precision::bf16 ? bench::limit_type::bf16
                                                           : bench::limit_type::int8;
    auto const limit = std::make_shared<bench::onednn_limit>(batch, limit_type);
    r.all.push_back({"limit", [limit] { limit->run(); }});
    if (p == engine::precision::fp32) {
        auto const images = test::make_images(batch, 224, 224, 1);
        auto const input = images.permute({0, 3, 1, 2}).contiguous();
        auto const script = std::make_shared<torch::jit::Module>(bench::scripted_network(n.graph));
        r.all.push_back({"libtorch", [&n, images] { test::plain_forward(n.weights, images, at::kFloat); }});
        r.all.push_back({"torchscript", [script, input] { script->forward({input}); }});
    }
    bench::take_turns(r.all, o.seconds, o.turns);
    return r;
}

void print_table_row(row& r) {
    double const ours = r.all.front().median();
    std::printf("%-5s %5d", r.precision.c_str(), r.batch);
    for (auto& c : r.all) std::printf("  %s %.2f ms", c.name.c_str(), c.median());
    std::printf("   ");
    for (auto& c : std::span(r.all).subspan(1)) std::printf("  %s/ours %.3f", c.name.c_str(), c.median() / ours);
    if (r.instructions_ms > 0)
        std::printf("  instructions %.2f ms (%.3f)", r.instructions_ms, r.instructions_ms / ours);
    std::printf("  (%.1f images/s; fastest runs: %s/ours %.3f)\n", r.batch * 1000.0 / ours, r.all[1].name.c_str(),
                r.all[1].fastest() / r.all[0].fastest());
    std::fflush(stdout);
}

void print_json(std::vector<row>& rows, options const& o) {
    std::printf("{\"instruction_set\": \"%s\", \"threads\": %d, \"rows\": [",
                engine::this_cpu().instruction_set.c_str(), o.threads);
    for (std::size_t i = 0; i < rows.size(); ++i) {
        std::printf("%s{\"precision\": \"%s\", \"batch\": %d", i == 0 ? "" : ", ", rows[i].precision.c_str(),
                    rows[i].batch);
        for (auto& c : rows[i].all) std::printf(", \"%s_ms\": %.4f", c.name.c_str(), c.median());
        if (rows[i].instructions_ms > 0) std::printf(", \"instructions_ms\": %.4f", rows[i].instructions_ms);
        auto const second = rows[i].all[1].name;
        std::printf(", \"%s_ratio\": %.4f, \"%s_ratio_of_fastest\": %.4f}", second.c_str(),
                    rows[i].all[1].median() / rows[i].all[0].median(), second.c_str(),
                    rows[i].all[1].fastest() / rows[i].all[0].fastest());
    }
    std::printf("]}\n");
}

}  // namespace

int main(int argc, char** argv) {
    auto const o = parse(argc, argv);
    c10::InferenceMode const guard;
    omp_set_num_threads(o.threads);
    at::set_num_threads(o.threads);
    auto const n = load(o);
    if (!o.json) std::printf("%s, %d threads\n", engine::this_cpu().instruction_set.c_str(), o.threads);
    std::vector<row> rows;
    auto const batches = o.batch > 0 ? std::vector{o.batch} : std::vector{1, 8};
    for (auto const p : {engine::precision::fp32, engine::precision::bf16, engine::precision::int8}) {
        if (!o.precision.empty() && o.precision != engine::precision_name(p)) continue;
        if (!is_computed(n, p)) continue;
        for (int const batch : batches) {
            rows.push_back(measure(n, p, batch, o));
            if (!o.json) print_table_row(rows.back());
        }
    }
    if (o.json) print_json(rows, o);
}
