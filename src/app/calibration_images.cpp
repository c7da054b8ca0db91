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
    calibration_reader(std::vector<fs::path> files, std::unique_ptr<image::image_work> work,
                       image::preprocess_options const& how)
        : files_(std::move(files)), work_(std::move(work)), how_(how), pool_(std::make_shared<tensor_pool>(1)) {
        format_.height = format_.width = how.crop;
    }

    result<> read(std::size_t index, std::span<float> out) {
        auto const bytes = read_file(files_[index]);
        auto buffer = pool_->take(format_);
        auto const decoded = work_->decode(bytes, request_context(), how_, buffer);
        if (!decoded) return error(decoded.error().code, files_[index].string() + ": " + decoded.error().message);
        std::memcpy(out.data(), buffer.data(), out.size_bytes());
        return {};
    }

private:
    std::vector<fs::path> files_;
    std::unique_ptr<image::image_work> work_;
    image::preprocess_options how_;
    std::shared_ptr<tensor_pool> pool_;
    input_format format_;
};

}  // namespace

result<libtorch::image_set> find_calibration_images(fs::path const& directory, std::unique_ptr<image::image_work> work,
                                                    image::preprocess_options const& how) {
    std::error_code failure;
    if (!fs::is_directory(directory, failure))
        return error(errc::io_error, "calibration images " + directory.string() + ": not a directory");
    auto files = files_below(directory);
    std::erase_if(files, [&](fs::path const& file) { return !work->probe(read_file(file), request_context()); });
    if (files.empty())
        return error(errc::invalid_setting, "calibration images " + directory.string() + ": no image in it decodes");
    auto const size = files.size();
    auto reader = std::make_shared<calibration_reader>(std::move(files), std::move(work), how);
    return libtorch::image_set{size, how.crop, how.crop,
                               [reader](std::size_t index, std::span<float> out) { return reader->read(index, out); }};
}

}  // namespace sma::app
