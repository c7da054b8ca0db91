// Benchmark of milliseconds per batch of ResNets in ONNX files, in fp32: the server's own engine, and ONNX Runtime as
// the server runs it. Both take turns in one process; the median of each one's runs counts.
//   bench_onnx [--seconds S] [--threads N] [--batch N] [--side PIXELS] [--hide-avx512] FILE...
//   --hide-avx512: both see a processor with AVX2 at most. ONNX Runtime has no switch for that.
#include "contestants.hpp"
#include "cpuid_mask.hpp"
#include "pass_options.hpp"

#include "sma/engine/cpu_capability.hpp"
#include "sma/engine/onednn_engine.hpp"
#include "sma/onnx/onnx_engine.hpp"
#include "sma/onnx/onnx_graph.hpp"

#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace sma;
using bench::contestant;

constexpr int turns_min = 3;

/// An engine with a batch of gray images, which cost as much as any.
class pass {
public:
    pass(std::unique_ptr<engine::engine> e, int batch)
        : engine_(std::move(e)),
          image_(engine_->input().elements(), 0.5F),
          pointers_(static_cast<std::size_t>(batch), reinterpret_cast<std::byte const*>(image_.data())),
          logits_(pointers_.size() * static_cast<std::size_t>(engine_->classes())) {}
    void run() { engine_->infer(pointers_, logits_); }

private:
    std::unique_ptr<engine::engine> engine_;
    std::vector<float> image_;
    std::vector<std::byte const*> pointers_;
    std::vector<float> logits_;
};

result<std::unique_ptr<engine::engine>> own_engine(std::string const& file, bench::pass_options const& o) {
    auto const graph = onnx::read_graph(file);
    if (!graph) return graph.error();
    auto made = engine::create_onednn_engine(*graph, {.precision = engine::precision::fp32,
                                                      .threads = o.threads,
                                                      .height = o.side,
                                                      .width = o.side,
                                                      .max_batch_size = o.batch});
    if (!made) return made.error();
    return std::unique_ptr<engine::engine>(std::move(*made));
}

result<std::unique_ptr<engine::engine>> runtime_engine(std::string const& file, bench::pass_options const& o) {
    auto const described = onnx::describe_file(file);
    if (!described) return described.error();
    return onnx::create_onnx_engine(file, *described, {.threads = o.threads, .side = o.side});
}

void add(std::vector<contestant>& all, std::string name, result<std::unique_ptr<engine::engine>> made, int batch) {
    if (!made) {
        std::printf("  left out: %s: %s\n", name.c_str(), made.error().message.c_str());
        return;
    }
    auto const runs = std::make_shared<pass>(std::move(*made), batch);
    all.push_back({std::move(name), [runs] { runs->run(); }});
}

void measure(std::string const& file, bench::pass_options const& o) {
    std::printf("%s, batch %d\n", file.c_str(), o.batch);
    std::vector<contestant> all;
    add(all, "ours", own_engine(file, o), o.batch);
    add(all, "onnxruntime", runtime_engine(file, o), o.batch);
    bench::take_turns(all, o.seconds, turns_min);
    for (auto& c : all) std::printf("  %-12s %8.2f ms\n", c.name.c_str(), c.median());
    if (all.size() == 2) std::printf("  onnxruntime / ours: %.3f\n", all[1].median() / all[0].median());
    std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
    auto const o = bench::read_pass_options(argc, argv);
    if (o.hide_avx512 && !bench::hide_avx512()) {
        std::fprintf(stderr, "--hide-avx512: this processor or kernel cannot make CPUID fault\n");
        return 1;
    }
    std::printf("ours: %s; %d threads\n", engine::this_cpu().instruction_set.c_str(), o.threads);
    for (auto const& file : o.files) measure(file, o);
}
