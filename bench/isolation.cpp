// Benchmark of what the wall around the decoders costs: milliseconds for a WebP of 500 x 375 pixels, header and tensor,
// decoded by a worker process and without one, in turns; the start of a worker; and the memory of an idle one.
//   bench_isolation [--rounds N]     as root, or the memory of a worker is not to be seen
#include "sma/core/metrics.hpp"
#include "sma/core/settings.hpp"
#include "sma/image/decoder_work.hpp"
#include "sma/image/format_names.hpp"
#include "sma/isolation/isolated_work.hpp"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <vips/vips.h>

namespace {

using namespace sma;
namespace fs = std::filesystem;

void check(int failed) {
    if (failed != 0) throw std::runtime_error(vips_error_buffer());
}

/// Clouds, one in each channel: it compresses as a photograph does.
std::string make_webp() {
    vips_operation_block_set("VipsForeignSave", FALSE);
    VipsImage* clouds[3] = {};
    for (int i = 0; i < 3; ++i) check(vips_perlin(&clouds[i], 500, 375, "cell_size", 25 + 10 * i, "seed", i, nullptr));
    VipsImage* joined = nullptr;
    check(vips_bandjoin(clouds, &joined, 3, nullptr));
    VipsImage* pixels = nullptr;
    check(vips_linear1(joined, &pixels, 128, 128, "uchar", TRUE, nullptr));
    VipsImage* colors = nullptr;
    check(vips_copy(pixels, &colors, "interpretation", VIPS_INTERPRETATION_sRGB, nullptr));
    void* bytes = nullptr;
    std::size_t size = 0;
    check(vips_webpsave_buffer(colors, &bytes, &size, "Q", 80, nullptr));
    return std::string(static_cast<char const*>(bytes), size);
}

double ms_to_decode(image::image_work& work, std::string const& file, tensor_buffer& out) {
    auto const start = std::chrono::steady_clock::now();
    if (!work.probe(file, {}) || !work.decode(file, {}, {}, out)) throw std::runtime_error("it does not decode");
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
}

double median(std::vector<double> values) {
    auto const middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
}

/// Private memory of this process's child.
double private_mib() {
    std::ifstream children("/proc/self/task/" + std::to_string(::getpid()) + "/children");
    std::string id;
    children >> id;
    std::ifstream sums("/proc/" + id + "/smaps_rollup");
    double kib = 0;
    for (std::string line; std::getline(sums, line);)
        if (line.starts_with("Private_")) kib += std::stod(line.substr(line.find(':') + 1));
    return kib / 1024;
}

void run(int rounds) {
    image::decode_options options;
    options.formats = settings().formats;
    metrics counters;
    auto const within = image::make_decoder_work(options);
    auto const program = fs::read_symlink("/proc/self/exe").parent_path() / "parts" / "decode-worker";
    auto const isolated = isolation::isolate(image::make_decoder_work(options), image::format_name_of,
                                             std::make_shared<isolation::isolation_options const>(
                                                 isolation::isolation_options{program, options, 10 * 1024 * 1024}),
                                             counters);
    auto const pool = std::make_shared<tensor_pool>(1);
    auto out = pool->take(input_format{});
    auto const file = make_webp();
    double const first = ms_to_decode(*isolated, file, out);
    std::vector<double> here, there;
    for (int i = 0; i < rounds; ++i) {
        here.push_back(ms_to_decode(*within, file, out));
        there.push_back(ms_to_decode(*isolated, file, out));
    }
    std::this_thread::sleep_for(std::chrono::seconds(2));  // until the worker counts as idle
    std::printf("%zu bytes of WebP, %d rounds, medians\n", file.size(), rounds);
    std::printf("none     %8.3f ms\nprocess  %8.3f ms\n", median(here), median(there));
    std::printf("overhead %8.3f ms\nfirst    %8.3f ms with the start of the worker\n", median(there) - median(here),
                first);
    std::printf("private  %8.1f MiB of an idle worker\n", private_mib());
}

}  // namespace

int main(int argc, char** argv) try {
    run(argc == 3 && std::string(argv[1]) == "--rounds" ? std::max(1, std::atoi(argv[2])) : 301);
    return 0;
} catch (std::exception const& e) {
    std::fprintf(stderr, "bench_isolation: %s\n", e.what());
    return 1;
}
