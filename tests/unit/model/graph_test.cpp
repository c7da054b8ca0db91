#include "sma/model/graph.hpp"
#include "synthetic_models.hpp"
#include "torch_tensors.hpp"

#include "catch_result.hpp"

#include <functional>
#include <limits>

using namespace sma;
using namespace sma::test;
using Catch::Matchers::ContainsSubstring;
using model::layer;
using model::layer_kind;

namespace {

layer const& find(model::graph const& g, std::string const& name) {
    for (auto const& l : g.layers)
        if (l.name == name) return l;
    FAIL("no layer " << name);
    return g.layers.front();
}

/// The state dict of full width.
model::state_dict expanded(synthetic_model m) {
    auto narrow = make_state_dict(narrowed(m, 16, m.classes));
    model::state_dict wide;
    for (auto const& [name, tensor] : narrow) {
        model::tensor_shape shape;
        bool const fixed = name == "fc.bias" || tensor.dimensions() == 0;
        for (std::size_t i = 0; i < tensor.dimensions(); ++i) {
            bool const spatial = i > 1 || (name == "conv1.weight" && i == 1);
            bool const classes = name.starts_with("fc") && i == 0;
            shape.push_back(tensor.shape()[i] * (fixed || spatial || classes ? 1 : 4));
        }
        wide[name] = from_torch(at::full(shape, 0.5, at::kFloat));
    }
    return wide;
}

struct broken_case {
    char const* what;
    std::function<void(torch_dict&)> damage;
    std::vector<std::string> message;  ///< parts of it
};

}  // namespace

TEST_CASE("graph: every member of the family is recognized", "[graph]") {
    struct member {
        synthetic_model model;
        char const* name;
        std::size_t convolutions;
    };
    auto resnet26 = resnet50();
    resnet26.blocks = {2, 2, 2, 2};
    for (auto const& m : std::vector<member>{{narrowed(resnet18(), 8, 10), "ResNet-18", 20},
                                             {narrowed(resnet34(), 8, 10), "ResNet-34", 36},
                                             {narrowed(resnet50(), 8, 10), "ResNet-50", 53},
                                             {narrowed(resnet101(), 8, 10), "ResNet-101", 104},
                                             {narrowed(resnet152(), 8, 10), "ResNet-152", 155},
                                             {narrowed(resnet26, 8, 10), "ResNet-26", 29},
                                             {narrowed(wide_resnet50_2(), 8, 10), "Wide ResNet-50-2", 53},
                                             {narrowed(resnext50_32x4d(), 32, 10), "ResNeXt-50 32x2d", 53}}) {
        INFO(m.name);
        auto const g = model::build_graph(make_state_dict(m.model));
        REQUIRE(g);
        CHECK(g->architecture == m.name);
        CHECK(g->classes == 10);
        CHECK_FALSE(g->quantized);
        CHECK(g->layers.size() == m.convolutions + 3);
        CHECK(g->layers.back().kind == layer_kind::linear);
        CHECK(find(*g, "layer1.0.conv2").groups == m.model.groups);
    }
}

TEST_CASE("graph: full width, with any number of classes", "[graph]") {
    auto m = resnet152();
    m.classes = 1;
    auto const g = model::build_graph(expanded(m));
    REQUIRE(g);
    CHECK(g->architecture == "ResNet-152");
    CHECK(g->classes == 1);
    CHECK(find(*g, "layer4.2.conv3").weight.shape() == model::tensor_shape{2048, 512, 1, 1});
    CHECK(model::build_graph(expanded(wide_resnet50_2())).value().architecture == "Wide ResNet-50-2");
    auto const resnext = model::build_graph(expanded(resnext50_32x4d())).value();
    CHECK(resnext.architecture == "ResNeXt-50 32x4d");
    CHECK(find(resnext, "layer4.0.conv2").weight.shape() == model::tensor_shape{1024, 32, 3, 3});
}

TEST_CASE("graph: layers read what they should, with the stride in the 3x3 convolution", "[graph]") {
    auto const g = model::build_graph(make_state_dict(narrowed(resnet50(), 8, 10))).value();
    auto const& l = g.layers;
    CHECK(l[0].name == "conv1");
    CHECK((l[0].kernel == 7 && l[0].stride == 2 && l[0].padding == 3 &&
           l[0].activation == model::activation_kind::relu && l[0].channels == 8));
    CHECK((l[1].kind == layer_kind::max_pool && l[1].kernel == 3 && l[1].stride == 2 && l[1].padding == 1));
    for (std::size_t i = 0; i < l.size(); ++i) {
        INFO(l[i].name);
        CHECK(l[i].input <= static_cast<int>(i));
        if (l[i].residual) CHECK(*l[i].residual <= static_cast<int>(i));
        bool const last = l[i].name.ends_with("conv3");
        CHECK(l[i].residual.has_value() == last);
        CHECK((l[i].activation == model::activation_kind::relu) == (l[i].name.find("conv") != std::string::npos));
    }
    CHECK(find(g, "layer2.0.conv1").stride == 1);
    CHECK(find(g, "layer2.0.conv2").stride == 2);
    CHECK(find(g, "layer2.0.downsample.0").stride == 2);
    CHECK(find(g, "layer2.1.conv2").stride == 1);
    CHECK(find(g, "layer1.0.conv2").stride == 1);
    // The downsampling branch is the residual of its block; the next block's is the block's own output.
    auto const& end = find(g, "layer2.0.conv3");
    CHECK(l[static_cast<std::size_t>(*end.residual - 1)].name == "layer2.0.downsample.0");
    CHECK(l[static_cast<std::size_t>(*find(g, "layer2.1.conv3").residual - 1)].name == "layer2.0.conv3");
}

TEST_CASE("graph: batch-norm is folded in double precision, from any floating type", "[graph]") {
    for (auto const type : {at::kFloat, at::kHalf, at::kBFloat16, at::kDouble}) {
        INFO(c10::toString(type));
        auto weights = as_torch(make_state_dict(narrowed(resnet18(), 4, 3)));
        for (auto const* name : {"layer2.0.downsample.0.weight", "layer2.0.downsample.1.running_mean"})
            weights[name] = weights[name].to(type);
        weights["layer2.0.downsample.1.running_var"].fill_(1e-7);  // where the epsilon counts
        auto const g = model::build_graph(as_stored(weights)).value();
        auto const& l = find(g, "layer2.0.downsample.0");

        auto const d = [&](char const* part) {
            return weights.at(std::string("layer2.0.downsample.") + part).to(at::kDouble);
        };
        auto const scale = d("1.weight") / (d("1.running_var") + 1e-5).sqrt();
        CHECK(equal(l.weight, (d("0.weight") * scale.reshape({-1, 1, 1, 1})).to(at::kFloat)));
        CHECK(equal(l.bias, (d("1.bias") - d("1.running_mean") * scale).to(at::kFloat)));
    }
}

TEST_CASE("graph: a state dict that is not of the family is refused with the tensor's name", "[graph]") {
    using w = torch_dict&;
    auto const nan = std::numeric_limits<double>::quiet_NaN();
    auto const inf = std::numeric_limits<double>::infinity();
    for (auto const& c : std::vector<broken_case>{
             {"nothing", [](w s) { s.clear(); }, {"conv1.weight is missing", "ResNet"}},
             {"no classifier",
              [](w s) { std::erase_if(s, [](auto const& t) { return t.first.starts_with("fc."); }); },
              {"the network has no classifier (no fc.weight)", "ResNet-50", "features and no classes",
               "expected a classification checkpoint"}},
             {"neither classifier nor all of a stage",
              [](w s) {
                  std::erase_if(s, [](auto const& t) { return t.first.starts_with("fc."); });
                  s.erase("layer3.1.bn2.running_mean");
              },
              {"layer3.1.bn2.running_mean is missing"}},
             {"a classifier under another name",
              [](w s) {
                  std::erase_if(s, [](auto const& t) { return t.first.starts_with("fc."); });
                  s["head.weight"] = at::ones({10, 256});
              },
              {"head.weight is unknown"}},
             {"a bias alone",
              [](w s) { s.erase("fc.weight"); },
              {"fc.weight is missing", "one linear layer, found fc.bias"}},
             {"two linear layers",
              [](w s) {
                  std::erase_if(s, [](auto const& t) { return t.first.starts_with("fc."); });
                  s["fc.0.weight"] = at::ones({16, 256});
                  s["fc.2.weight"] = at::ones({10, 16});
              },
              {"fc.weight is missing", "one linear layer, found fc.0.weight"}},
             {"no batch-norm mean",
              [](w s) { s.erase("layer3.1.bn2.running_mean"); },
              {"layer3.1.bn2.running_mean is missing", "[32]"}},
             {"no convolution",
              [](w s) { s.erase("layer3.1.conv2.weight"); },
              {"layer3.1.conv2.weight is missing", "[32, 32, 3, 3]"}},
             {"no downsampling",
              [](w s) { s.erase("layer3.0.downsample.0.weight"); },
              {"layer3.0.downsample.0.weight is missing", "[128, 64, 1, 1]"}},
             {"a stage left out",
              [](w s) { std::erase_if(s, [](auto const& t) { return t.first.starts_with("layer3."); }); },
              {"layer3.0.conv1.weight is missing"}},
             {"a block left out",
              [](w s) { std::erase_if(s, [](auto const& t) { return t.first.starts_with("layer3.4."); }); },
              {"layer3.4.conv1.weight is missing"}},
             {"a wrong number of filters",
              [](w s) {
                  s["layer3.2.conv1.weight"] = at::ones({31, 128, 1, 1});
              },
              {"layer3.2.conv1.weight has shape [31, 128, 1, 1]", "expected [32, 128, 1, 1]"}},
             {"a wrong stem",
              [](w s) {
                  s["conv1.weight"] = at::ones({9, 3, 7, 7});
              },
              {"conv1.weight has shape [9, 3, 7, 7]", "expected [8, 3, 7, 7]"}},
             {"a gray stem",
              [](w s) {
                  s["conv1.weight"] = at::ones({8, 1, 7, 7});
              },
              {"conv1.weight has shape [8, 1, 7, 7]", "expected [8, 3, 7, 7]"}},
             {"a small stem, as for CIFAR",
              [](w s) {
                  s["conv1.weight"] = at::ones({8, 3, 3, 3});
              },
              {"conv1.weight has shape [8, 3, 3, 3]", "expected [8, 3, 7, 7]"}},
             {"a wrong first block",
              [](w s) {
                  s["layer1.0.conv1.weight"] = at::ones({7, 8, 1, 1});
              },
              {"layer1.0.conv1.weight has shape [7, 8, 1, 1]", "expected [8, 8, 1, 1]"}},
             {"a wrong group",
              [](w s) {
                  s["layer1.0.conv2.weight"] = at::ones({8, 4, 3, 3});
              },
              {"layer1.0.conv2.weight has shape [8, 4, 3, 3]", "expected [8, 8, 3, 3]"}},
             {"a batch-norm of another size",
              [](w s) { s["bn1.weight"] = at::ones({9}); },
              {"bn1.weight has shape [9]", "expected [8]"}},
             {"a matrix for a vector",
              [](w s) {
                  s["bn1.weight"] = at::ones({8, 1});
              },
              {"bn1.weight has shape [8, 1]", "expected [8]"}},
             {"a flat convolution",
              [](w s) { s["conv1.weight"] = at::ones({8}); },
              {"conv1.weight has shape [8]", "4 dimensions"}},
             {"another classifier input",
              [](w s) {
                  s["fc.weight"] = at::ones({10, 255});
              },
              {"fc.weight has shape [10, 255]", "expected [10, 256]"}},
             {"biases that do not fit",
              [](w s) { s["fc.bias"] = at::ones({11}); },
              {"fc.bias has shape [11]", "expected [10]"}},
             {"no classes",
              [](w s) {
                  s["fc.weight"] = at::ones({0, 256});
              },
              {"fc.weight has shape [0, 256]"}},
             {"integers",
              [](w s) {
                  s["layer1.0.conv1.weight"] = at::ones({8, 8, 1, 1}, at::kChar);
              },
              {"layer1.0.conv1.weight has type I8", "expected F32"}},
             {"a NaN", [&](w s) { s["layer2.1.conv3.weight"][3][2] = nan; }, {"layer2.1.conv3.weight", "not finite"}},
             {"an infinity", [&](w s) { s["layer2.1.bn3.bias"][3] = inf; }, {"layer2.1.bn3.bias", "not finite"}},
             {"an infinite F16",
              [&](w s) {
                  s["layer2.1.conv3.weight"] = at::full({64, 16, 1, 1}, inf, at::kHalf);
              },
              {"layer2.1.conv3.weight", "not finite"}},
             {"a negative variance",
              [](w s) { s["layer2.1.bn3.running_var"][3] = -0.5; },
              {"layer2.1.bn3.running_var", "-0.5", "channel 3"}},
             {"a product beyond F32",
              [](w s) {
                  s["layer2.1.bn3.weight"].fill_(3e38);
                  s["layer2.1.bn3.running_var"].fill_(0.0);
              },
              {"layer2.1.conv3.weight", "range"}},
             {"attention",
              [](w s) {
                  s["layer1.0.se.fc1.weight"] = at::ones({2, 8, 1, 1});
              },
              {"layer1.0.se.fc1.weight is unknown"}},
             {"a fifth stage",
              [](w s) {
                  s["layer5.0.conv1.weight"] = at::ones({2, 8, 1, 1});
              },
              {"layer5.0.conv1.weight is unknown"}},
             {"a block number of a million",
              [](w s) { s["layer2.1000000.conv1.weight"] = at::ones({1}); },
              {"layer2.1000000.conv1.weight is unknown"}},
             {"a bias of a convolution", [](w s) { s["conv1.bias"] = at::ones({8}); }, {"conv1.bias is unknown"}},
         }) {
        INFO(c.what);
        auto weights = as_torch(make_state_dict(narrowed(resnet50(), 8, 10)));
        c.damage(weights);
        auto const g = model::build_graph(as_stored(weights));
        REQUIRE_FALSE(g);
        CHECK(g.error().code == errc::invalid_weights);
        for (auto const& part : c.message) CHECK_THAT(g.error().message, ContainsSubstring(part));
        CHECK(g.error().message.find('\n') == std::string::npos);
    }
}

TEST_CASE("graph: a classifier without a bias is one with a bias of zeros", "[graph]") {
    for (auto const type : {at::kFloat, at::kDouble}) {
        auto weights = as_torch(make_state_dict(narrowed(resnet18(), 4, 10)));
        weights["fc.weight"] = weights["fc.weight"].to(type);
        weights["fc.bias"] = at::zeros({10});
        auto const with_zeros = model::build_graph(as_stored(weights)).value();
        CHECK(with_zeros.remarks.empty());
        weights.erase("fc.bias");
        auto const without = model::build_graph(as_stored(weights));
        REQUIRE(without);
        CHECK(without->classes == 10);
        CHECK(equal(without->layers.back().weight, to_torch(with_zeros.layers.back().weight)));
        CHECK(equal(without->layers.back().bias, at::zeros({10})));
        REQUIRE(without->remarks.size() == 1);
        CHECK_THAT(without->remarks[0].text, ContainsSubstring("no bias (no fc.bias)"));
        CHECK_FALSE(without->remarks[0].is_warning);
    }
}

TEST_CASE("graph: num_batches_tracked may be missing", "[graph]") {
    auto weights = make_state_dict(narrowed(resnet34(), 4, 10));
    std::erase_if(weights, [](auto const& t) { return t.first.ends_with("num_batches_tracked"); });
    CHECK(model::build_graph(weights));
}
