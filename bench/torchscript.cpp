// Benchmark of milliseconds per batch of TorchScript files: the server's engine, and the ways of libtorch to run a
// module. All take turns in one process and get images that lie apart, each in the order that it wants; the median of
// each one's runs counts.
//   bench_torchscript [--seconds S] [--threads N] [--batch N] [--side PIXELS] FILE...
//   A way that fails, or answers otherwise than the module as it was saved, is left out and named.
#include "contestants.hpp"
#include "pass_options.hpp"

#include "sma/libtorch/torch_engine.hpp"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>
#include <omp.h>
#include <torch/script.h>

#include <array>
#include <cstdio>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace {

using namespace sma;
using bench::contestant;

constexpr int turns_min = 3;

/// The server's engine with a batch of noise.
class our_engine {
public:
    our_engine(std::unique_ptr<engine::engine> e, at::Tensor const& noise)
        : engine_(std::move(e)), images_(noise.permute({0, 2, 3, 1}).contiguous()) {
        auto const bytes = engine_->input().bytes();
        auto const* const begin = static_cast<std::byte const*>(images_.data_ptr());
        for (std::int64_t i = 0; i < images_.size(0); ++i)
            pointers_.push_back(begin + i * static_cast<std::int64_t>(bytes));
        logits_.resize(pointers_.size() * static_cast<std::size_t>(engine_->classes()));
    }
    void run() { engine_->infer(pointers_, logits_); }
    std::string const& note() const { return engine_->describe().note; }

private:
    std::unique_ptr<engine::engine> engine_;
    at::Tensor images_;
    std::vector<std::byte const*> pointers_;
    std::vector<float> logits_;
};

struct way {
    char const* name;
    torch::jit::Module (*make)(torch::jit::Module& module);
    bool channels_last;
};

torch::jit::Module as_saved(torch::jit::Module& m) { return m; }
torch::jit::Module frozen(torch::jit::Module& m) { return torch::jit::freeze(m); }
torch::jit::Module rewritten(torch::jit::Module& m) { return torch::jit::optimize_for_inference(m); }

constexpr std::array ways{way{"saved", as_saved, false},
                          way{"saved, channels last", as_saved, true},
                          way{"frozen", frozen, false},
                          way{"frozen, channels last", frozen, true},
                          way{"optimize_for_inference", rewritten, false},
                          way{"optimize_for_inference, channels last", rewritten, true}};

/// The images [n, 3, h, w] of noise as their decoders leave them, in their order in memory.
class separate_images {
public:
    separate_images(at::Tensor const& noise, bool channels_last) : channels_last_(channels_last) {
        for (std::int64_t i = 0; i < noise.size(0); ++i)
            images_.push_back(
                (channels_last ? noise[i].permute({1, 2, 0}) : noise[i]).clone(at::MemoryFormat::Contiguous));
    }
    at::Tensor together() const {
        auto const batch = at::stack(images_);
        return channels_last_ ? batch.permute({0, 3, 1, 2}) : batch;
    }

private:
    std::vector<at::Tensor> images_;
    bool channels_last_;
};

at::Tensor first_tensor(c10::IValue const& answer) {
    if (answer.isTensor()) return answer.toTensor();
    if (answer.isTuple()) return first_tensor(answer.toTupleRef().elements().at(0));
    return answer.toGenericDict().at("logits").toTensor();
}

/// Nothing, where libtorch cannot run the module so.
std::optional<contestant> libtorch_way(way const& w, torch::jit::Module const& module, at::Tensor const& noise,
                                       at::Tensor const& expected) {
    try {
        auto copy = module.clone();
        if (w.channels_last)
            for (auto p : copy.parameters())
                if (p.dim() == 4) p.set_data(p.contiguous(at::MemoryFormat::ChannelsLast));
        auto const made = std::make_shared<torch::jit::Module>(w.make(copy));
        auto const images = std::make_shared<separate_images>(noise, w.channels_last);
        auto const run = [made, images] { return first_tensor(made->forward({images->together()})); };
        run();  // the profiling executor rewrites the module after it
        if (at::allclose(run(), expected, 1e-2, 1e-2)) return contestant{w.name, [run] { run(); }};
        std::printf("  left out: %s answers otherwise\n", w.name);
    } catch (std::exception const&) {
        std::printf("  left out: %s fails\n", w.name);
    }
    return std::nullopt;
}

void measure(std::string const& file, bench::pass_options const& o) {
    std::printf("%s, batch %d\n", file.c_str(), o.batch);
    auto module = torch::jit::load(file);
    module.eval();
    auto const noise = at::randn({o.batch, 3, o.side, o.side});
    auto const expected = first_tensor(module.forward({noise}));
    libtorch::torch_options const how{
        .threads = o.threads, .height = o.side, .width = o.side, .max_batch_size = o.batch};
    auto made = libtorch::create_torch_engine(std::filesystem::path(file), how);
    if (!made) {
        std::printf("  refused: %s\n", made.error().message.c_str());
        return;
    }
    auto const ours = std::make_shared<our_engine>(std::move(*made), noise);
    if (!ours->note().empty()) std::printf("  note: %s\n", ours->note().c_str());
    std::vector<contestant> all{{"ours", [ours] { ours->run(); }}};
    for (auto const& w : ways)
        if (auto found = libtorch_way(w, module, noise, expected)) all.push_back(std::move(*found));
    bench::take_turns(all, o.seconds, turns_min);
    double best = 0;
    for (auto& c : all) {
        std::printf("  %-40s %8.2f ms\n", c.name.c_str(), c.median());
        if (c.name != "ours" && (best == 0 || c.median() < best)) best = c.median();
    }
    std::printf("  ours / best of libtorch: %.3f\n", all.front().median() / best);
    std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
    auto const o = bench::read_pass_options(argc, argv);
    if (o.hide_avx512) {
        std::fprintf(stderr,
                     "--hide-avx512: set DNNL_MAX_CPU_ISA=AVX2 ATEN_CPU_CAPABILITY=avx2, which libtorch obeys\n");
        return 1;
    }
    c10::InferenceMode const guard;
    omp_set_num_threads(o.threads);
    at::set_num_threads(o.threads);
    for (auto const& file : o.files) measure(file, o);
}
