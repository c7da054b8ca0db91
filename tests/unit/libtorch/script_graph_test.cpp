// Tests of the recognition of ResNets in TorchScript files.
#include "engine_runs.hpp"
#include "files.hpp"
#include "synthetic_models.hpp"

#include "sma/libtorch/script_graph.hpp"
#include "sma/libtorch/torch_engine.hpp"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <torch/script.h>

#include <cmath>
#include <string>

#include "catch_result.hpp"

using namespace sma;
using namespace sma::test;
using Catch::Matchers::ContainsSubstring;

namespace {

constexpr int side = 32;

/// forward() of a network with one residual block, in lines that tests replace.
std::string const plain_code = R"(
def forward(self, x):
  x = torch.conv2d(x, self.w0, self.b0, [2, 2], [1, 1])
  x = torch.batch_norm(x, self.gamma, self.beta, self.mean, self.variance, False, 0.1, 1.0e-05, True)
  x = torch.relu_(x)
  x = torch.max_pool2d(x, [3, 3], [2, 2], [1, 1])
  y = torch.relu(torch.conv2d(x, self.w1, None, [1, 1], [1, 1]))
  y = torch.conv2d(y, self.w2, None, [1, 1], [1, 1])
  y = torch.add(y, x)
  y = torch.relu(y)
  y = torch.adaptive_avg_pool2d(y, [1, 1])
  y = torch.flatten(y, 1)
  return torch.linear(y, self.w3, self.b3)
)";

class script {
public:
    /// plain_code with `from` replaced by `to`.
    explicit script(std::string const& from = "", std::string const& to = "") {
        auto code = plain_code;
        if (!from.empty()) {
            auto const place = code.find(from);
            REQUIRE(place != code.npos);
            code.replace(place, from.size(), to);
        }
        auto random = at::detail::createCPUGenerator(3);
        torch::jit::Module m("classifier");
        m.register_attribute("training", c10::BoolType::get(), true);
        auto const add = [&](std::string const& name, std::vector<std::int64_t> const& shape, double deviation) {
            m.register_parameter(name, at::empty(shape).normal_(0.0, deviation, random), false);
        };
        add("w0", {8, 3, 3, 3}, 0.3);
        add("b0", {8}, 0.1);
        add("w1", {8, 8, 3, 3}, 0.2);
        add("w2", {8, 8, 3, 3}, 0.2);
        add("w3", {5, 8}, 0.5);
        add("b3", {5}, 0.1);
        add("gamma", {8}, 1);
        add("beta", {8}, 0.1);
        m.register_buffer("mean", at::empty({8}).normal_(0.0, 0.1, random));
        m.register_buffer("variance", at::empty({8}).uniform_(0.5, 1.5, random));
        m.register_buffer("calls", at::zeros({1}));
        m.define(code);
        m.save(file().string());
    }

    std::filesystem::path file() const { return folder_ / "script.pt"; }

private:
    temporary_folder folder_;
};

libtorch::torch_options options() {
    libtorch::torch_options o;
    o.height = o.width = side;
    return o;
}

void check_taken(script const& s) {
    auto const g = libtorch::read_script_graph(s.file());
    REQUIRE(g);
    CHECK(g->architecture == "ResNet-4");
    CHECK(g->classes == 5);
    REQUIRE(g->layers.size() == 6);
    CHECK(g->layers[3].residual == 2);
    auto const images = make_images(2, side, side, 4);
    auto const module = libtorch::create_torch_engine(s.file(), options());
    REQUIRE(module);
    auto const found = libtorch::create_torch_engine(*g, options());
    REQUIRE(found);
    CHECK(relative_difference(run_engine(**found, images), run_engine(**module, images)) < 1e-5);
}

std::string refusal(std::string const& from, std::string const& to) {
    script const s(from, to);
    auto const g = libtorch::read_script_graph(s.file());
    REQUIRE(!g);
    CHECK(g.error().code == errc::unsupported);
    return g.error().message;
}

}  // namespace

TEST_CASE("script graph: a ResNet is recognized however it is written", "[script_graph]") {
    struct spelling {
        char const* from;
        char const* to;
    };
    for (auto const& [from, to] : {
             spelling{"", ""},
             spelling{"y = torch.add(y, x)", "y = torch.add_(y, x)"},
             spelling{"y = torch.add(y, x)", "y = torch.add(x, y)"},
             spelling{"y = torch.add(y, x)", "y += x"},
             spelling{"torch.conv2d(y, self.w2, None, [1, 1], [1, 1])",
                      "torch._convolution(y, self.w2, None, [1, 1], [1, 1], [1, 1], False, [0, 0], 1, False, False, "
                      "True, True)"},
             spelling{"torch.adaptive_avg_pool2d(y, [1, 1])", "torch.mean(y, [2, 3])"},
             spelling{"torch.adaptive_avg_pool2d(y, [1, 1])", "torch.mean(y, [-1, -2], True)"},
             spelling{"torch.flatten(y, 1)", "y.view(y.size(0), -1)"},
             spelling{"torch.flatten(y, 1)", "y.view([-1, y.size(1)])"},
             spelling{"torch.flatten(y, 1)", "torch.dropout(y.contiguous().reshape([-1, 8]), 0.5, self.training)"},
             spelling{"torch.linear(y, self.w3, self.b3)", "torch.addmm(self.b3, y, self.w3.t())"},
             spelling{"torch.linear(y, self.w3, self.b3)", "torch.add(torch.matmul(y, self.w3.t()), self.b3)"},
             spelling{"return torch.linear(y, self.w3, self.b3)",
                      "return (torch.linear(y, self.w3, self.b3), y.sigmoid())"},
             spelling{"return torch.linear(y, self.w3, self.b3)",
                      "return {\"features\": y, \"logits\": torch.linear(y, self.w3, self.b3)}"},
             spelling{"y = torch.relu(y)\n",
                      "y = torch.relu(y)\n  assert y.dim() == 4 and y.size(1) == 8, \"no image\"\n"},
             spelling{"y = torch.relu(y)\n", "y = torch.relu(y)\n  if len(y.size()) == 4:\n    y = y.to(6)\n"},
             spelling{"torch.max_pool2d(x, [3, 3], [2, 2], [1, 1])", "torch.max_pool2d(x, [2, 2])"},
         }) {
        INFO(to);
        check_taken(script(from, to));
    }
}

TEST_CASE("script graph: what computes something else is no ResNet", "[script_graph]") {
    auto const none = ContainsSubstring("is none of a ResNet's");
    CHECK_THAT(refusal("y = torch.relu(y)", "y = torch.leaky_relu(y)"), ContainsSubstring("aten::leaky_relu") && none);
    CHECK_THAT(refusal("y = torch.relu(y)", "y = torch.relu(y) * 2"), ContainsSubstring("aten::mul") && none);
    CHECK_THAT(refusal("return torch.linear(y, self.w3, self.b3)",
                       "return torch.softmax(torch.linear(y, self.w3, self.b3), 1)"),
               ContainsSubstring("aten::softmax") && none);
    CHECK_THAT(refusal("torch.add(y, x)", "torch.add(y, x, alpha=2)"), ContainsSubstring("aten::add adds a multiple"));
    CHECK_THAT(refusal("torch.add(y, x)", "torch.add(y, y)"), ContainsSubstring("aten::add is no sum"));
    CHECK_THAT(refusal("torch.add(y, x)", "torch.add(y, 1)"), ContainsSubstring("no activation"));
    CHECK_THAT(refusal("self.w1, None, [1, 1], [1, 1])", "self.w1, None, [1, 1], [2, 2], [2, 2])"),
               ContainsSubstring("aten::conv2d is no convolution"));
    CHECK_THAT(refusal("self.w1, None, [1, 1], [1, 1])", "self.w1, None, [1, 1], \"same\")"),
               ContainsSubstring("aten::conv2d is no convolution"));
    CHECK_THAT(refusal("[3, 3], [2, 2], [1, 1])", "[3, 3], [2, 2], [1, 1], [1, 1], True)"),
               ContainsSubstring("aten::max_pool2d is no pool"));
    CHECK_THAT(refusal("False, 0.1, 1.0e-05", "True, 0.1, 1.0e-05"), ContainsSubstring("aten::batch_norm"));
    CHECK_THAT(refusal("torch.adaptive_avg_pool2d(y, [1, 1])", "torch.adaptive_max_pool2d(y, [1, 1])[0]"), none);
    CHECK_THAT(refusal("torch.adaptive_avg_pool2d(y, [1, 1])", "torch.mean(y, [1, 2], True)"),
               ContainsSubstring("aten::mean is no global average"));
    CHECK_THAT(refusal("torch.flatten(y, 1)", "torch.dropout(torch.flatten(y, 1), 0.5, True)"),
               ContainsSubstring("training"));
    CHECK_THAT(refusal("torch.flatten(y, 1)", "torch.flatten(y, 1).to(5).to(6)"),
               ContainsSubstring("aten::to converts"));
    CHECK_THAT(refusal("  y = torch.add(y, x)\n", ""), ContainsSubstring("no residual sums"));
    CHECK_THAT(refusal("torch.linear(y, self.w3, self.b3)", "y"), ContainsSubstring("does not end in a linear layer"));
}

TEST_CASE("script graph: what depends on the images or on earlier ones is no ResNet", "[script_graph]") {
    CHECK_THAT(refusal("y = torch.relu(y)\n", "y = torch.relu(y)\n  if bool(y.sum() > 0):\n    y = y.contiguous()\n"),
               ContainsSubstring("aten::sum is none of a ResNet's"));
    CHECK_THAT(refusal("y = torch.relu(y)\n", "y = torch.relu(y)\n  if y.size(0) > 2:\n    y = y.contiguous()\n"),
               ContainsSubstring("prim::If depends on the images"));
    CHECK_THAT(refusal("y = torch.relu(y)\n", "y = torch.relu(y)\n  self.calls += 1\n"),
               ContainsSubstring("is none of a ResNet's") || ContainsSubstring("does not freeze"));
}

TEST_CASE("script graph: an operator that writes to what others read is no ResNet's", "[script_graph]") {
    // The shortcut reads what the ReLU has written.
    CHECK_THAT(refusal("y = torch.relu(torch.conv2d(x, self.w1, None, [1, 1], [1, 1]))",
                       "x = torch.conv2d(x, self.w2)\n  y = torch.relu_(x)"),
               ContainsSubstring("aten::relu_"));
    CHECK_THAT(refusal("y = torch.add(y, x)", "x = torch.add_(x, y)\n  y = torch.add(y, x)"),
               ContainsSubstring("aten::add_ writes to what is read elsewhere"));
    // The same by another name.
    CHECK_THAT(refusal("y = torch.add(y, x)",
                       "y = torch.relu(torch.add_(x.contiguous(), y))\n"
                       "  y = torch.add(torch.conv2d(y, self.w2, None, [1, 1], [1, 1]), x)"),
               ContainsSubstring("aten::add_ writes to what is read elsewhere"));
}

TEST_CASE("script graph: weights take no more memory than the file", "[script_graph]") {
    CHECK_THAT(refusal("self.w1, None", "self.w1[:1].expand([60000, 8, 3, 3]), None"),
               ContainsSubstring("more than the file has"));
}

TEST_CASE("script graph: a damaged file is an error", "[script_graph]") {
    script const s;
    std::filesystem::resize_file(s.file(), std::filesystem::file_size(s.file()) / 2);
    CHECK(libtorch::read_script_graph(s.file()).error().code == errc::invalid_weights);
    std::filesystem::remove(s.file());
    CHECK(libtorch::read_script_graph(s.file()).error().code == errc::io_error);
}
