// Check of the torch engine on this machine: CUDA against the CPU in fp32, images a second, and a GPU whose memory runs
// out. Without CUDA it says so and checks the CPU. `--quick` makes few and small measurements.
#include "sma/libtorch/torch_engine.hpp"
#include "synthetic_models.hpp"

#include <ATen/ATen.h>
#include <torch/version.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string_view>
#include <thread>
#include <vector>

namespace {

using namespace sma;
using engine_ptr = std::unique_ptr<engine::engine>;

int failures = 0;

void report(bool ok, char const* what, std::string const& detail) {
    std::printf("%-6s %s: %s\n", ok ? "ok" : "FAILED", what, detail.c_str());
    if (!ok) ++failures;
}

std::string text(char const* format, double a, double b = 0) {
    char line[200];
    std::snprintf(line, sizeof line, format, a, b);
    return line;
}

engine_ptr make_engine(libtorch::torch_device device, engine::precision precision) {
    auto m = test::resnet50();
    libtorch::torch_options o;
    o.device = device;
    o.precision = precision;
    o.threads = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
    auto made = libtorch::create_torch_engine(model::build_graph(test::make_state_dict(m)).value(), o);
    if (made) return std::move(*made);
    std::printf("       %s\n", made.error().message.c_str());
    return nullptr;
}

at::Tensor run(engine::engine& e, at::Tensor const& images) {
    auto const wants_bf16 = e.input().element == element_type::bf16;
    auto const input = images.to(wants_bf16 ? at::kBFloat16 : at::kFloat).contiguous();
    std::vector<std::byte const*> pointers;
    for (std::int64_t i = 0; i < input.size(0); ++i)
        pointers.push_back(static_cast<std::byte const*>(input.data_ptr()) +
                           static_cast<std::size_t>(i) * e.input().bytes());
    auto logits = at::empty({input.size(0), e.classes()}, at::kFloat);
    e.infer(pointers, {logits.data_ptr<float>(), static_cast<std::size_t>(logits.numel())});
    return logits;
}

double relative_difference(at::Tensor const& a, at::Tensor const& b) {
    return ((a - b).abs().max() / b.abs().max()).item<double>();
}

void compare(engine::engine& e, at::Tensor const& images, at::Tensor const& expected, double limit) {
    auto const logits = run(e, images);
    auto const difference = relative_difference(logits, expected);
    auto const same = (logits.argmax(1) == expected.argmax(1)).sum().item<std::int64_t>();
    report(difference < limit, (e.describe().device + " " + e.describe().precision + " agrees with cpu fp32").c_str(),
           text("largest difference %.2e of the largest logit, limit %.0e", difference, limit) +
               ", same first class on " + std::to_string(same) + " of " + std::to_string(images.size(0)));
}

/// The median of several timed passes, after two that are not timed.
double images_per_second(engine::engine& e, int batch, int passes) {
    auto const images = test::make_images(batch, e.input().height, e.input().width, 3);
    std::vector<double> seconds;
    for (int i = 0; i < passes + 2; ++i) {
        auto const start = std::chrono::steady_clock::now();
        run(e, images);
        seconds.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    }
    seconds.erase(seconds.begin(), seconds.begin() + 2);
    std::nth_element(seconds.begin(), seconds.begin() + passes / 2, seconds.end());
    return batch / seconds[static_cast<std::size_t>(passes / 2)];
}

void measure(engine::engine& e, std::vector<int> const& batches, int passes) {
    for (auto const batch : batches)
        std::printf("       %s %s, batch %2d: %.1f images/s\n", e.describe().device.c_str(),
                    e.describe().precision.c_str(), batch, images_per_second(e, batch, passes));
}

/// All of the GPU's memory but less than 64 MiB.
std::vector<at::Tensor> take_gpu_memory() {
    std::vector<at::Tensor> taken;
    for (std::int64_t bytes = std::int64_t{1} << 30; bytes >= (std::int64_t{1} << 26); bytes /= 2) try {
            for (;;) taken.push_back(at::empty({bytes}, at::TensorOptions(at::kByte).device(at::kCUDA)));
        } catch (std::exception const&) {
            // full at this size: go on with smaller pieces
        }
    return taken;
}

void run_out_of_memory(engine::engine& e) {
    auto const images = test::make_images(256, e.input().height, e.input().width, 4);
    auto const few = images.narrow(0, 0, 4);
    auto const before = run(e, few);
    e.release_memory();
    auto taken = take_gpu_memory();
    std::string what = "nothing was thrown";
    bool translated = false;
    try {
        run(e, images);
    } catch (engine::out_of_memory const& error) {
        translated = true;
        what = std::string(error.what()).substr(0, 120);
    } catch (std::exception const& error) {
        what = std::string("another exception: ") + error.what();
    }
    report(translated, "a full GPU is out_of_memory", what);
    taken.clear();
    e.release_memory();
    report(relative_difference(run(e, few), before) < 1e-2, "the engine works after it", "a batch of 4 as before");
    report(relative_difference(run(e, images).narrow(0, 0, 4), before) < 1e-2, "and runs the batch that failed",
           "256 images");
}

void check_cuda(at::Tensor const& images, at::Tensor const& expected, bool quick) {
    struct limit {
        engine::precision precision;
        double difference;
    };
    // fp32 convolutions may run in TF32, with 10 bits of mantissa.
    for (auto const [precision, difference] :
         {limit{engine::precision::fp32, 2e-2}, limit{engine::precision::fp16, 2e-2},
          limit{engine::precision::bf16, 1e-1}}) {
        auto const e = make_engine(libtorch::torch_device::cuda, precision);
        if (!e) {
            report(false, "an engine on cuda", "could not be made");
            continue;
        }
        compare(*e, images, expected, difference);
        measure(*e, quick ? std::vector{1, 64} : std::vector{1, 2, 4, 8, 16, 32, 64}, quick ? 3 : 15);
        if (precision == engine::precision::fp16) run_out_of_memory(*e);
    }
}

}  // namespace

int main(int count, char** arguments) {
    bool const quick = count > 1 && std::string_view(arguments[1]) == "--quick";
    std::printf("libtorch %s\n", TORCH_VERSION);
    auto const images = test::make_images(quick ? 2 : 8, 224, 224, 2);
    auto const cpu = make_engine(libtorch::torch_device::cpu, engine::precision::fp32);
    if (!cpu) return 1;
    auto const expected = run(*cpu, images);
    report(expected.isfinite().all().item<bool>(), "cpu fp32", "finite logits");
    if (auto const bf16 = make_engine(libtorch::torch_device::cpu, engine::precision::bf16); bf16)
        compare(*bf16, images, expected, 1e-1);
    measure(*cpu, quick ? std::vector{1} : std::vector{1, 8, 64}, quick ? 1 : 5);
    if (libtorch::torch_has_cuda())
        check_cuda(images, expected, quick);
    else
        std::printf("no CUDA here: this libtorch has none, or sees no GPU. CUDA was compiled, not run.\n");
    std::printf(failures ? "%d checks FAILED\n" : "all checks passed\n", failures);
    return failures ? 1 : 0;
}
