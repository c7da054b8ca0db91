// An isolated decoder with a real worker process.
#pragma once

#include "sma/core/metrics.hpp"
#include "sma/image/decoder_work.hpp"
#include "sma/image/format_names.hpp"
#include "sma/isolation/isolated_work.hpp"

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace sma::isolation::test {

/// The product's.
inline std::filesystem::path real_worker() { return SMA_BINARY_DIR "/parts/decode-worker"; }
/// tests/isolation/faulty_worker.cpp.
inline std::filesystem::path faulty_worker() { return SMA_BINARY_DIR "/faulty-worker"; }

inline image::decode_options small_options() {
    image::decode_options o;
    o.formats = image::format_names();
    o.pixels_max = 1'000'000;
    return o;
}

inline image::preprocess_options small_crop() {
    image::preprocess_options how;
    how.resize = 40;
    how.crop = 32;
    return how;
}

struct isolated {
    explicit isolated(std::filesystem::path program, image::decode_options const& o = small_options())
        : work(isolate(
              image::make_decoder_work(o), image::format_name_of,
              std::make_shared<isolation_options const>(isolation_options{std::move(program), o, 10 * 1024 * 1024}),
              counters)) {}

    result<void> decode(std::string_view file, request_context const& context = {}) {
        auto tensor = tensors->take({32, 32, element_type::f32, 1.0F});
        return work->decode(file, context, small_crop(), tensor);
    }
    result<void> fail(std::string_view fault, request_context const& context = {}) {
        return decode("GIF89afault:" + std::string(fault), context);
    }
    double crashes() {
        return counters.expose().find("decoder_crashes_total{") == std::string::npos ? 0 : crash_count();
    }

    metrics counters;
    std::unique_ptr<image::image_work> work;
    std::shared_ptr<tensor_pool> tensors = std::make_shared<tensor_pool>(1);

private:
    double crash_count() {
        auto const text = counters.expose();
        std::string const name = "decoder_crashes_total{format=\"gif\"} ";
        return std::stod(text.substr(text.find(name) + name.size()));
    }
};

}  // namespace sma::isolation::test
