// A TorchScript classifier in a file of its own.
#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <string>

namespace sma::test {

/// Gone when the test ends: a 3x3 convolution, a mean and `answer`, which sees the logits y and self.order, whole
/// numbers that turn them around.
class script_file {
public:
    explicit script_file(std::string const& answer, std::string const& before = "");
    ~script_file();
    script_file(script_file const&) = delete;
    script_file& operator=(script_file const&) = delete;

    /// Images f32 [n, h, w, 3] to logits [n, 5].
    at::Tensor expected(at::Tensor const& images) const;

    std::filesystem::path const path;

private:
    at::Tensor weight_;
};

}  // namespace sma::test
