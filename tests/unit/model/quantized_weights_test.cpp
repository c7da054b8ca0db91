#include "sma/model/quantized_weights.hpp"
#include "sma/model/file_preprocessing.hpp"
#include "sma/model/safetensors.hpp"
#include "sma/model/weights.hpp"

#include "no_archives.hpp"
#include "torch_tensors.hpp"

#include <cmath>
#include <cstring>
#include <functional>

#include "catch_result.hpp"
#include "files.hpp"

using namespace sma;
using namespace sma::model;
using namespace sma::test;
using Catch::Approx;
using Catch::Matchers::ContainsSubstring;

namespace {

layer make_layer(std::string name, layer_kind kind, int input, int channels) {
    layer l;
    l.name = std::move(name);
    l.kind = kind;
    l.input = input;
    l.channels = channels;
    return l;
}

void give_weights(layer& l, int inputs, float input_scale, float output_scale) {
    std::vector<std::int64_t> shape{l.channels, inputs / l.groups};
    if (l.kind == layer_kind::convolution) shape.insert(shape.end(), {l.kernel, l.kernel});
    quantization q;
    q.weight = from_torch(at::randint(-127, 128, shape).to(at::kChar));
    for (int c = 0; c < l.channels; ++c) q.weight_scale.push_back(0.001F * static_cast<float>(c + 1));
    q.input_scale = input_scale;
    q.output_scale = output_scale;
    l.bias = from_torch(at::randn({l.channels}));
    l.int8 = q;
}

graph int8_network() {
    at::manual_seed(4);
    auto stem = make_layer("conv1", layer_kind::convolution, 0, 8);
    stem.activation = activation_kind::relu;
    stem.kernel = 3;
    stem.stride = 2;
    stem.padding = 1;
    give_weights(stem, 3, 0.02F, 0.1F);
    auto pool = make_layer("maxpool", layer_kind::max_pool, 1, 8);
    pool.kernel = 3;
    pool.stride = 2;
    pool.padding = 1;
    auto block = make_layer("layer1.0.conv2", layer_kind::convolution, 2, 8);
    block.residual = 2;
    block.activation = activation_kind::relu;
    block.groups = 2;
    give_weights(block, 8, 0.1F, 0.3F);
    auto linear = make_layer("fc", layer_kind::linear, 4, 3);
    give_weights(linear, 8, 0.05F, 0);
    graph g;
    g.architecture = "ResNet-x";
    g.classes = 3;
    g.quantized = true;
    g.layers = {stem, pool, block, make_layer("avgpool", layer_kind::average_pool, 3, 8), linear};
    return g;
}

torch_dict written_tensors(graph const& g) {
    test::temporary_folder const folder;
    REQUIRE(write_quantized(folder / "int8.safetensors", g));
    return as_torch(read_safetensors(folder / "int8.safetensors").value().tensors);
}

std::string graph_text(torch_dict const& tensors) {
    auto const& t = tensors.at("int8.graph");
    return {static_cast<char const*>(t.data_ptr()), static_cast<std::size_t>(t.numel())};
}

void set_graph_text(torch_dict& tensors, std::string const& text) {
    auto t = at::empty({static_cast<std::int64_t>(text.size())}, at::kByte);
    std::memcpy(t.data_ptr(), text.data(), text.size());
    tensors["int8.graph"] = t;
}

void replace_text(torch_dict& tensors, std::string const& from, std::string const& to) {
    auto text = graph_text(tensors);
    auto const at = text.find(from);
    REQUIRE(at != std::string::npos);
    set_graph_text(tensors, text.replace(at, from.size(), to));
}

}  // namespace

TEST_CASE("quantized weights: what is written is read back", "[quantized_weights]") {
    auto const g = int8_network();
    test::temporary_folder const folder;
    auto const file = folder / "int8.safetensors";
    REQUIRE(write_quantized(file, g));
    auto const back = load_graph(file, no_archives);  // like any other file
    REQUIRE(back);
    CHECK(back->quantized);
    CHECK(back->architecture == g.architecture);
    CHECK(back->classes == 3);
    REQUIRE(back->layers.size() == g.layers.size());
    for (std::size_t i = 0; i < g.layers.size(); ++i) {
        auto const& a = g.layers[i];
        auto const& b = back->layers[i];
        INFO(a.name);
        CHECK(b.name == a.name);
        CHECK(b.kind == a.kind);
        CHECK(b.input == a.input);
        CHECK(b.residual == a.residual);
        CHECK(b.activation == a.activation);
        CHECK(b.kernel == a.kernel);
        CHECK(b.stride == a.stride);
        CHECK(b.padding == a.padding);
        CHECK(b.groups == a.groups);
        CHECK(b.channels == a.channels);
        REQUIRE(b.int8.has_value() == a.int8.has_value());
        if (!a.int8) continue;
        CHECK(equal(b.int8->weight, a.int8->weight));
        CHECK(equal(b.bias, a.bias));
        bool const same_scales = b.int8->weight_scale == a.int8->weight_scale;
        CHECK(same_scales);
        CHECK(b.int8->input_scale == a.int8->input_scale);
        CHECK(b.int8->output_scale == a.int8->output_scale);
    }
}

TEST_CASE("quantized weights: the file keeps the pre-processing that it was calibrated with", "[quantized_weights]") {
    test::temporary_folder const folder;
    image::preprocess_options how;
    how.resize = how.crop = 96;
    REQUIRE(
        write_quantized(folder / "x", int8_network(), {{std::string(preprocess_json_name), preprocessing_json(how)}}));
    auto const found = find_file_preprocessing(folder / "x", file_kind::safetensors, no_archives);
    REQUIRE((found && *found));
    CHECK((*found)->options == how);
    CHECK(load_graph(folder / "x", no_archives));
}

TEST_CASE("quantized weights: they are not taken for float weights, nor float weights for them",
          "[quantized_weights]") {
    auto const tensors = as_stored(written_tensors(int8_network()));
    CHECK(is_quantized(tensors));
    CHECK_FALSE(build_graph(tensors));
    for (auto const& [name, t] : tensors) CHECK(name.starts_with("int8."));
    state_dict const floats{{"conv1.weight", from_torch(at::zeros({8, 3, 3, 3}))}};
    CHECK_FALSE(is_quantized(floats));
    CHECK_FALSE(read_quantized(floats));
    graph unquantized = int8_network();
    unquantized.quantized = false;
    test::temporary_folder const folder;
    CHECK(write_quantized(folder / "x", unquantized).error().code == errc::invalid_weights);
}

TEST_CASE("quantized weights: dequantized, they are the integers times their scales", "[quantized_weights]") {
    auto const g = int8_network();
    auto const floats = dequantized(g);
    CHECK_FALSE(floats.quantized);
    CHECK_FALSE(floats.layers[0].int8);
    CHECK(to_torch(floats.layers[0].weight)[4][1][2][0].item<float>() ==
          Approx(to_torch(g.layers[0].int8->weight)[4][1][2][0].item<float>() * 0.005F));
    CHECK(floats.layers[4].weight.shape() == tensor_shape{3, 8});
    CHECK(equal(floats.layers[4].bias, g.layers[4].bias));
}

TEST_CASE("quantized weights: two layers of one name are refused", "[quantized_weights]") {
    auto g = int8_network();
    auto twin = g.layers[2];
    twin.input = 3;
    twin.residual.reset();
    twin.int8->input_scale = g.layers[2].int8->output_scale;
    g.layers.insert(g.layers.begin() + 3, twin);
    g.layers[4].input = 4;
    g.layers[5].input = 5;
    auto tensors = written_tensors(g);
    // As many tensors as the layers have, were their names different.
    for (auto const* name : {"x", "y", "z"}) tensors[name] = at::zeros({1});
    auto const read = read_quantized(as_stored(tensors));
    REQUIRE_FALSE(read);
    CHECK_THAT(read.error().message, ContainsSubstring("layer1.0.conv2") && ContainsSubstring("two layers"));
}

TEST_CASE("quantized weights: a file that does not fit itself is refused with one line", "[quantized_weights]") {
    using change = std::function<void(torch_dict&)>;
    auto const text = [](std::string from, std::string to) -> change {
        return [=](torch_dict& t) { replace_text(t, from, to); };
    };
    std::vector<std::pair<std::string, change>> const changes{
        {"no JSON", [](torch_dict& t) { set_graph_text(t, "{"); }},
        {"no object", [](torch_dict& t) { set_graph_text(t, "[]"); }},
        {"empty object", [](torch_dict& t) { set_graph_text(t, "{}"); }},
        {"graph of another type", [](torch_dict& t) { t["int8.graph"] = at::zeros({4}); }},
        {"another version", text("\"version\":1", "\"version\":2")},
        {"another format", text("simple-model-api int8", "simple-model-api int4")},
        {"unknown kind", text("\"max_pool\"", "\"min_pool\"")},
        {"reads a later value", text("\"input\":2", "\"input\":3")},
        {"reads a negative value", text("\"input\":2", "\"input\":-1")},
        {"residual of a later value", text("\"residual\":2", "\"residual\":3")},
        {"residual with other channels", text("\"residual\":2", "\"residual\":0")},
        {"no stride", text("\"stride\":2", "\"stride\":0")},
        {"a fraction", text("\"stride\":2", "\"stride\":2.5")},
        {"huge", text("\"channels\":8", "\"channels\":99999999999")},
        {"other channels than the tensor", text("\"channels\":8", "\"channels\":16")},
        {"groups that do not divide", text("\"groups\":2", "\"groups\":3")},
        {"kernel of another size", text("\"kernel\":3", "\"kernel\":5")},
        {"padding as large as the kernel", text("\"padding\":1", "\"padding\":3")},
        {"scale of text", text("\"input_scale\":", "\"input_scale\":\"x\",\"y\":")},
        {"average pool in between", text("\"max_pool\"", "\"average_pool\"")},
        {"no relu field", text("\"relu\":true,", "")},
        {"missing weight", [](torch_dict& t) { t.erase("int8.conv1.weight"); }},
        {"missing bias", [](torch_dict& t) { t.erase("int8.fc.bias"); }},
        {"a tensor too many", [](torch_dict& t) { t["conv1.weight"] = at::zeros({1}); }},
        {"float weight",
         [](torch_dict& t) {
             t["int8.fc.weight"] = at::zeros({3, 8});
         }},
        {"transposed weight",
         [](torch_dict& t) {
             t["int8.fc.weight"] = at::zeros({8, 3}, at::kChar);
         }},
        {"-128", [](torch_dict& t) { t["int8.fc.weight"].fill_(-128); }},
        {"scale of zero", [](torch_dict& t) { t["int8.fc.weight_scale"][1] = 0; }},
        {"scale that is not a number", [](torch_dict& t) { t["int8.fc.weight_scale"][1] = NAN; }},
        {"endless bias", [](torch_dict& t) { t["int8.conv1.bias"][1] = INFINITY; }},
    };
    auto const good = written_tensors(int8_network());
    REQUIRE(read_quantized(as_stored(good)));
    for (auto const& [name, apply] : changes) {
        INFO(name);
        torch_dict bad;
        for (auto const& [n, t] : good) bad[n] = t.clone();
        apply(bad);
        auto const read = read_quantized(as_stored(bad));
        REQUIRE_FALSE(read);
        CHECK(read.error().code == errc::invalid_weights);
        CHECK_FALSE(read.error().message.empty());
        CHECK(read.error().message.find('\n') == std::string::npos);
    }
}
