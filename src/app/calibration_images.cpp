#include "calibration_images.hpp"

#include "sma/core/tensor_buffer.hpp"

#include <algorithm>
#include <cstring>
#include <fstream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace sma::app {
namespace {

namespace fs = std::filesystem;

std::string read_file(fs::path const& file) {
    std::ifstream stream(file, std::ios::binary);
    std::ostringstream content;
    content << stream.rdbuf();
    return std::move(content).str();
}

std::vector<fs::path> files_below(fs::path const& directory) {
    std::vector<fs::path> files;
    for (auto const& entry : fs::recursive_directory_iterator(directory, fs::directory_options::skip_permission_denied))
        if (entry.is_regular_file()) files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    return files;
}

// Decodes one file after the other; called on one thread.
class calibration_reader {
public:
    calibration_reader(std::vector<fs::path> files, image::decode_options const& options)
        : files_(std::move(files)), decoder_(options), pool_(std::make_shared<tensor_pool>(1)) {
        format_.height = format_.width = options.preprocess.crop;
    }

    result<> read(std::size_t index, std::span<float> out) {
        auto const bytes = read_file(files_[index]);
        auto buffer = pool_->take(format_);
        auto const decoded = decoder_.decode(bytes, request_context(), buffer);
        if (!decoded) return error(decoded.error().code, files_[index].string() + ": " + decoded.error().message);
        std::memcpy(out.data(), buffer.data(), out.size_bytes());
        return {};
    }

private:
    std::vector<fs::path> files_;
    image::decoder decoder_;
    std::shared_ptr<tensor_pool> pool_;
    input_format format_;
};

}  // namespace

result<model::image_set> find_calibration_images(fs::path const& directory, image::decode_options options) {
    std::error_code failure;
    if (!fs::is_directory(directory, failure))
        return error(errc::io_error, "calibration images " + directory.string() + ": not a directory");
    image::decoder prober(options);
    auto files = files_below(directory);
    std::erase_if(files, [&](fs::path const& file) { return !prober.probe(read_file(file)); });
    if (files.empty())
        return error(errc::invalid_setting, "calibration images " + directory.string() + ": no image in it decodes");
    auto const size = files.size();
    int const side = options.preprocess.crop;
    auto reader = std::make_shared<calibration_reader>(std::move(files), options);
    return model::make_image_set(
        size, side, side, [reader](std::size_t index, std::span<float> out) { return reader->read(index, out); });
}

}  // namespace sma::app
