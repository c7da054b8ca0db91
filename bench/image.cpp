// Benchmark of milliseconds per photo: our path from bytes to the tensor, the same with jpeg_shrink, libjpeg-turbo's
// decode of the whole photo alone, and libvips used in the obvious way. All take turns on each photo, in one thread,
// and the median of each photo's turns counts. The ratios are to libjpeg-turbo's whole decode.
//   bench_image [--json] [--rounds N] [FOLDER]      FOLDER: JPEG files; default $SMA_SHARED/photos
#include "sma/image/decoder.hpp"
#include "sma/image/format_names.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <jpeglib.h>
#include <vips/vips.h>

namespace {

using namespace sma;

struct options {
    std::string folder;
    int rounds = 9;
    bool json = false;
};

options parse(int argc, char** argv) {
    options o;
    if (char const* shared = std::getenv("SMA_SHARED")) o.folder = std::string(shared) + "/photos";
    for (int i = 1; i < argc; ++i) {
        std::string const word = argv[i];
        if (word == "--json") {
            o.json = true;
        } else if (word == "--rounds" && i + 1 < argc) {
            o.rounds = std::max(1, std::atoi(argv[++i]));
        } else {
            o.folder = word;
        }
    }
    return o;
}

std::vector<std::string> read_photos(std::string const& folder) {
    std::vector<std::filesystem::path> paths;
    for (auto const& entry : std::filesystem::directory_iterator(folder)) paths.push_back(entry.path());
    std::sort(paths.begin(), paths.end());
    std::vector<std::string> photos;
    for (auto const& path : paths) {
        std::ifstream file(path, std::ios::binary);
        std::string bytes{std::istreambuf_iterator<char>(file), {}};
        if (image::format_name_of(bytes) == "jpeg") photos.push_back(std::move(bytes));
    }
    if (photos.empty()) throw std::runtime_error("no JPEG files there");
    return photos;
}

// The whole of libjpeg-turbo's part: header, every row, end.
void decode_with_libjpeg(std::string const& photo, std::vector<unsigned char>& pixels) {
    jpeg_decompress_struct info{};
    jpeg_error_mgr errors{};
    info.err = jpeg_std_error(&errors);
    jpeg_create_decompress(&info);
    jpeg_mem_src(&info, reinterpret_cast<unsigned char const*>(photo.data()), photo.size());
    jpeg_read_header(&info, TRUE);
    info.out_color_space = JCS_RGB;
    jpeg_start_decompress(&info);
    std::size_t const row_bytes = std::size_t{info.output_width} * 3;
    pixels.resize(row_bytes * info.output_height);
    while (info.output_scanline < info.output_height) {
        JSAMPROW row = pixels.data() + info.output_scanline * row_bytes;
        jpeg_read_scanlines(&info, &row, 1);
    }
    jpeg_finish_decompress(&info);
    jpeg_destroy_decompress(&info);
}

void check(int failed) {
    if (failed != 0) throw std::runtime_error(vips_error_buffer());
}

// Load, resize by a factor, crop, write to memory: with the library's own threads.
void use_libvips_obviously(std::string const& photo) {
    VipsImage* steps[3] = {};
    VipsSource* source = vips_source_new_from_memory(photo.data(), photo.size());
    steps[0] = vips_image_new_from_source(source, "", nullptr);
    if (steps[0] == nullptr) throw std::runtime_error(vips_error_buffer());
    double const scale = 256.0 / std::min(steps[0]->Xsize, steps[0]->Ysize);
    check(vips_resize(steps[0], &steps[1], scale, "kernel", VIPS_KERNEL_LINEAR, nullptr));
    check(vips_extract_area(steps[1], &steps[2], (steps[1]->Xsize - 224) / 2, (steps[1]->Ysize - 224) / 2, 224, 224,
                            nullptr));
    std::size_t bytes = 0;
    void* pixels = vips_image_write_to_memory(steps[2], &bytes);
    g_free(pixels);
    for (auto* step : steps) g_object_unref(step);
    g_object_unref(source);
}

struct cost {
    double wall_ms = 0;
    double cpu_ms = 0;
};

struct contender {
    std::string name;
    std::function<void(std::string const&)> run;
    cost photo{};  ///< the average of the photos' medians
};

double cpu_now_ms() {
    timespec t{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return static_cast<double>(t.tv_sec) * 1e3 + static_cast<double>(t.tv_nsec) / 1e6;
}

cost cost_of(contender const& c, std::string const& photo) {
    double const cpu = cpu_now_ms();
    auto const start = std::chrono::steady_clock::now();
    c.run(photo);
    auto const wall = std::chrono::steady_clock::now() - start;
    return {std::chrono::duration<double, std::milli>(wall).count(), cpu_now_ms() - cpu};
}

double median(std::vector<cost> costs, double cost::*what) {
    auto const middle = costs.begin() + static_cast<std::ptrdiff_t>(costs.size() / 2);
    std::nth_element(costs.begin(), middle, costs.end(),
                     [what](cost const& a, cost const& b) { return a.*what < b.*what; });
    return (*middle).*what;
}

void measure(std::vector<contender>& contenders, std::vector<std::string> const& photos, int rounds) {
    auto const n = static_cast<double>(photos.size());
    for (auto const& photo : photos) {
        std::vector<std::vector<cost>> costs(contenders.size());
        for (int round = 0; round < rounds; ++round) {
            for (std::size_t c = 0; c < contenders.size(); ++c) costs[c].push_back(cost_of(contenders[c], photo));
        }
        for (std::size_t c = 0; c < contenders.size(); ++c) {
            contenders[c].photo.wall_ms += median(costs[c], &cost::wall_ms) / n;
            contenders[c].photo.cpu_ms += median(costs[c], &cost::cpu_ms) / n;
        }
    }
}

contender ours(std::string name, image::decoder& decoder, std::shared_ptr<tensor_pool> const& pool,
               element_type element) {
    input_format format;
    format.element = element;
    format.scale = 0.02F;
    return {std::move(name), [&decoder, pool, format](std::string const& photo) {
                auto out = pool->take(format);
                if (decoder.decode(photo, request_context{}, image::preprocess_options{}, out).has_error())
                    throw std::runtime_error("a photo does not decode");
            }};
}

// Without a time limit that a busy machine could reach.
image::decode_options patient_options(bool shrink) {
    image::decode_options options;
    options.decode_timeout = std::chrono::minutes(10);
    options.jpeg_shrink = shrink;
    return options;
}

void print(std::vector<contender> const& contenders, std::size_t photos, bool json) {
    auto const& base = contenders.front().photo;
    if (json) {
        std::printf("{\"benchmark\": \"image\", \"photos\": %zu", photos);
        for (auto const& c : contenders) {
            std::printf(", \"%s\": {\"ms\": %.4f, \"ratio\": %.3f, \"cpu_ms\": %.4f, \"cpu_ratio\": %.3f}",
                        c.name.c_str(), c.photo.wall_ms, c.photo.wall_ms / base.wall_ms, c.photo.cpu_ms,
                        c.photo.cpu_ms / base.cpu_ms);
        }
        std::printf("}\n");
        return;
    }
    std::printf("%-16s %9s %7s %9s %10s   (%zu photos)\n", "", "ms/photo", "ratio", "cpu ms", "cpu ratio", photos);
    for (auto const& c : contenders) {
        std::printf("%-16s %9.3f %7.3f %9.3f %10.3f\n", c.name.c_str(), c.photo.wall_ms, c.photo.wall_ms / base.wall_ms,
                    c.photo.cpu_ms, c.photo.cpu_ms / base.cpu_ms);
    }
}

}  // namespace

int main(int argc, char** argv) try {
    auto const options = parse(argc, argv);
    if (options.folder.empty()) throw std::runtime_error("usage: bench_image [--json] [--rounds N] FOLDER");
    auto const photos = read_photos(options.folder);
    image::decoder decoder{patient_options(false)};
    image::decoder shrinking{patient_options(true)};
    auto const pool = std::make_shared<tensor_pool>(4);
    vips_operation_block_set("VipsForeignLoadJpegSource", FALSE);  // which the decoder has no use for
    std::vector<unsigned char> pixels;
    int const processors = static_cast<int>(std::thread::hardware_concurrency());
    std::vector<contender> contenders{
        {"libjpeg_turbo", [&](std::string const& photo) { decode_with_libjpeg(photo, pixels); }},
        ours("ours_f32", decoder, pool, element_type::f32),
        ours("ours_bf16", decoder, pool, element_type::bf16),
        ours("ours_s8", decoder, pool, element_type::s8),
        ours("ours_s8_shrink", shrinking, pool, element_type::s8),
        {"libvips_obvious", [processors](std::string const& photo) {
             vips_concurrency_set(processors);
             use_libvips_obviously(photo);
             vips_concurrency_set(1);
         }}};
    measure(contenders, photos, options.rounds);
    print(contenders, photos.size(), options.json);
    return 0;
} catch (std::exception const& e) {
    std::fprintf(stderr, "bench_image: %s\n", e.what());
    return 1;
}
