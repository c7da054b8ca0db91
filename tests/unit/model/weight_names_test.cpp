#include "weight_names.hpp"

#include "synthetic_models.hpp"

#include "sma/model/graph.hpp"

#include "catch_result.hpp"

#include <functional>
#include <regex>

using namespace sma;
using namespace sma::test;
using Catch::Matchers::ContainsSubstring;

namespace {

using rule = std::function<std::string(std::string const&)>;

model::state_dict plain() { return make_state_dict(narrowed(resnet50(), 8, 10)); }

model::state_dict renamed(model::state_dict const& weights, rule const& name_of) {
    model::state_dict all;
    for (auto const& [name, t] : weights) all[name_of(name)] = t;
    return all;
}

model::state_dict renamed(rule const& name_of) { return renamed(plain(), name_of); }

rule with_prefix(std::string prefix) {
    return [prefix = std::move(prefix)](std::string const& name) { return prefix + name; };
}

rule replaced(char const* from, char const* to) {
    return [=](std::string const& name) { return std::regex_replace(name, std::regex(from), to); };
}

/// As transformers' ResNetForImageClassification calls them.
std::string hugging_face(std::string const& name) {
    std::smatch m;
    if (std::regex_match(name, m, std::regex(R"(conv1\.(.*))")))
        return "resnet.embedder.embedder.convolution." + m.str(1);
    if (std::regex_match(name, m, std::regex(R"(bn1\.(.*))")))
        return "resnet.embedder.embedder.normalization." + m.str(1);
    if (std::regex_match(name, m, std::regex(R"(fc\.(.*))"))) return "classifier.1." + m.str(1);
    REQUIRE(std::regex_match(name, m, std::regex(R"(layer(\d)\.(\d+)\.(conv|bn|downsample\.)(\d)\.(.*))")));
    int const number = std::stoi(m.str(4));
    auto const start = "resnet.encoder.stages." + std::to_string(std::stoi(m.str(1)) - 1) + ".layers." + m.str(2) + ".";
    if (m.str(3) == "downsample.")
        return start + "shortcut." + (number == 0 ? "convolution." : "normalization.") + m.str(5);
    return start + "layer." + std::to_string(number - 1) + "." +
           (m.str(3) == "conv" ? "convolution." : "normalization.") + m.str(5);
}

std::string sequential(std::string const& name) {
    static std::map<std::string, std::string> const children{
        {"conv1", "0"}, {"bn1", "1"}, {"layer1", "4"}, {"layer2", "5"}, {"layer3", "6"}, {"layer4", "7"}, {"fc", "9"}};
    auto const dot = name.find('.');
    return children.at(name.substr(0, dot)) + name.substr(dot);
}

std::vector<std::string> names_of(model::state_dict const& weights) {
    std::vector<std::string> names;
    for (auto const& [name, t] : weights) names.push_back(name);
    return names;
}

std::string remarks_of(model::named_weights const& w) {
    std::string all;
    for (auto const& r : w.remarks) all += (r.is_warning ? "warning: " : "") + r.text + "\n";
    return all;
}

void add_vector(model::state_dict& weights, std::string const& name) {
    weights[name] = model::tensor(model::dtype::f32, {10});
}

}  // namespace

TEST_CASE("weight names: every way to call a network's tensors gives torchvision's names", "[weight_names]") {
    struct naming {
        char const* what;
        rule name_of;
        char const* remark;
    };
    for (auto const& n : std::vector<naming>{
             {"torchvision", with_prefix(""), ""},
             {"DataParallel", with_prefix("module."), "\"module.\""},
             {"torch.compile inside it", with_prefix("module._orig_mod."), "\"module._orig_mod.\""},
             {"a field of a Lightning module", with_prefix("backbone."), "\"backbone.\""},
             {"Fabric", with_prefix("_forward_module.model."), "\"_forward_module.model.\""},
             {"a field that a trainer calls by what it does", with_prefix("val_model."), "\"val_model.\""},
             {"the same for training", with_prefix("train_net."), "\"train_net.\""},
             {"a metric of features", with_prefix("metric_net."), "\"metric_net.\""},
             {"Hugging Face in a trainer's field", [](auto const& n) { return "test_model." + hugging_face(n); },
              "Hugging Face"},
             {"Hugging Face", hugging_face, "Hugging Face"},
             {"Hugging Face in a Lightning module", [](auto const& n) { return "model." + hugging_face(n); },
              "Hugging Face"},
             {"nn.Sequential of the children", sequential, "nn.Sequential"},
             {"Dropout before the classifier", replaced(R"(^fc\.)", "fc.1."), "the classifier is fc.1"},
             {"the same behind a prefix", replaced(R"(^fc\.(.*)|^)", "net.$&"), "\"net.\""},
         }) {
        INFO(n.what);
        auto const w = model::with_torchvision_names(renamed(n.name_of));
        REQUIRE(w);
        CHECK(names_of(w->tensors) == names_of(plain()));
        CHECK_THAT(remarks_of(*w), ContainsSubstring(n.remark));
        CHECK(remarks_of(*w).find("warning") == std::string::npos);
        CHECK(model::build_graph(w->tensors));
    }
}

TEST_CASE("weight names: a network without a classifier is known by any of its names", "[weight_names]") {
    // As transformers' ResNetModel has them, which is not called resnet.
    auto const hugging_face_model = [](std::string const& name) { return hugging_face(name).substr(7); };
    for (rule const& name_of :
         std::vector<rule>{with_prefix(""), with_prefix("backbone."), hugging_face, hugging_face_model, sequential}) {
        auto weights = plain();
        std::erase_if(weights, [](auto const& t) { return t.first.starts_with("fc."); });
        auto const w = model::with_torchvision_names(renamed(weights, name_of));
        REQUIRE(w);
        auto const g = model::build_graph(w->tensors);
        REQUIRE_FALSE(g);
        CHECK_THAT(g.error().message, ContainsSubstring("no classifier"));
    }
}

TEST_CASE("weight names: what belongs to no layer is left out, and named", "[weight_names]") {
    for (auto const* const extra : {"criterion.weight", "loss_fn.weight", "val_acc.tp", "train_metrics.accuracy.fp",
                                    "n_averaged", "total_ops", "layer1.0.conv1.total_params", "top_accuracy.count"}) {
        for (auto const* const prefix : {"", "model.", "val_model."}) {
            INFO(prefix << ", " << extra);
            auto weights = renamed(with_prefix(prefix));
            add_vector(weights, extra);
            auto const w = model::with_torchvision_names(weights);
            REQUIRE(w);
            CHECK(names_of(w->tensors) == names_of(plain()));
            CHECK_THAT(remarks_of(*w), ContainsSubstring("warning: left out") && ContainsSubstring(extra));
        }
    }
}

TEST_CASE("weight names: what belongs to no layer is left out within a field called by what it does",
          "[weight_names]") {
    auto weights = renamed(with_prefix("val_model."));
    for (auto const* const extra : {"val_model.criterion.weight", "val_model.conv1.total_ops"})
        add_vector(weights, extra);
    auto const w = model::with_torchvision_names(weights);
    REQUIRE(w);
    CHECK(names_of(w->tensors) == names_of(plain()));
    CHECK_THAT(remarks_of(*w), ContainsSubstring("left out, since they belong to no layer: val_model.conv1.total_ops, "
                                                 "val_model.criterion.weight"));
}

TEST_CASE("weight names: a network with more than a ResNet has is never run as one", "[weight_names]") {
    struct surplus {
        char const* prefix;
        char const* name;
    };
    for (auto const& s : std::vector<surplus>{{"model.", "head.weight"},
                                              {"model.", "normalize.mean"},
                                              {"val_model.", "val_model.neck.weight"},
                                              {"", "neck.weight"},
                                              {"", "layer1.0.se.fc1.weight"},
                                              {"", "fc.2.weight"},
                                              {"", "conv1.0.weight"},
                                              {"backbone.", "backbone.layer1.0.attention.weight"}}) {
        INFO(s.prefix << ", " << s.name);
        auto weights = renamed(with_prefix(s.prefix));
        add_vector(weights, s.name);
        auto const w = model::with_torchvision_names(weights);
        auto const g = w ? model::build_graph(w->tensors) : result<model::graph>(w.error());
        REQUIRE_FALSE(g);
        auto const own = std::string(s.name).substr(
            std::string_view(s.name).starts_with(s.prefix) && w ? std::string_view(s.prefix).size() : 0);
        CHECK_THAT(g.error().message, ContainsSubstring(own));
    }
}

TEST_CASE("weight names: two networks in one file are refused", "[weight_names]") {
    auto both = renamed(with_prefix("model."));
    for (auto const& [name, t] : plain()) both["teacher." + name] = t;
    auto const w = model::with_torchvision_names(both);
    REQUIRE_FALSE(w);
    CHECK_THAT(w.error().message, ContainsSubstring("\"model.\"") && ContainsSubstring("\"teacher.\""));
}

TEST_CASE("weight names: names of any length are judged", "[weight_names]") {
    model::state_dict weights;
    add_vector(weights, std::string(3'000'000, 'a') + ".weight");
    add_vector(weights, "val_" + std::string(3'000'000, '.'));
    CHECK(model::with_torchvision_names(weights));
}
