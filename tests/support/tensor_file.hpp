// The float32 tensors of a safetensors file, for tests that read or change them.
#pragma once

#include <boost/json/object.hpp>

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace sma::test {

class tensor_file {
public:
    explicit tensor_file(std::filesystem::path const& file);

    /// Every element of `tensor` becomes `value`.
    void fill(std::string_view tensor, float value);
    /// The rows of a matrix.
    std::vector<std::vector<float>> rows(std::string_view tensor) const;
    /// The file as it is now.
    std::string const& bytes() const { return bytes_; }

private:
    struct range {
        std::size_t begin = 0;
        std::size_t end = 0;
    };
    range range_of(std::string_view tensor) const;

    std::string bytes_;
    std::size_t data_ = 0;
    boost::json::object header_;
};

}  // namespace sma::test
