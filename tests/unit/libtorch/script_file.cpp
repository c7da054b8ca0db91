#include "script_file.hpp"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <torch/script.h>

#include <unistd.h>

namespace sma::test {
namespace {

std::filesystem::path own_path() {
    return std::filesystem::temp_directory_path() / ("sma_script_" + std::to_string(::getpid()) + ".pt");
}

}  // namespace

script_file::script_file(std::string const& answer, std::string const& before) : path(own_path()) {
    auto random = at::detail::createCPUGenerator(3);
    torch::jit::Module m("classifier");
    m.register_attribute("training", c10::BoolType::get(), true);
    weight_ = at::empty({5, 3, 3, 3}).normal_(0.0, 1.0, random);
    m.register_parameter("weight", weight_, false);
    m.register_buffer("order", at::tensor({4, 3, 2, 1, 0}, at::kLong));
    m.define("def forward(self, x):\n  " + before +
             "\n  y = torch.conv2d(x, self.weight).view(x.size(0), 5, -1).mean(2)\n  return " + answer + "\n");
    m.save(path.string());
}

script_file::~script_file() { std::filesystem::remove(path); }

at::Tensor script_file::expected(at::Tensor const& images) const {
    return at::conv2d(images.permute({0, 3, 1, 2}).contiguous(), weight_).mean(c10::IntArrayRef{2, 3});
}

}  // namespace sma::test
