// Tests of the engine on ONNX Runtime with small networks, whose answers are known.
#include "onnx_engines.hpp"
#include "onnx_messages.hpp"

#include "catch_result.hpp"

#include <cmath>

using namespace sma;
using namespace sma::onnx::test;
using Catch::Approx;
using Catch::Matchers::ContainsSubstring;
using sma::test::run_pass;
using sma::test::temporary_folder;

namespace {

constexpr int side = 32;

auto create(temporary_folder const& folder, ::onnx::ModelProto const& m, int crop = side) {
    return create_engine(write_message(folder / "x.onnx", m), crop);
}

/// Image i is red by `red` + i, green by 9 and blue by `blue`, of the same value everywhere.
std::vector<float> plain_images(std::size_t count, float red, float blue, int crop = side) {
    std::vector<float> values;
    for (std::size_t i = 0; i < count; ++i)
        for (int p = 0; p < crop * crop; ++p) values.insert(values.end(), {red + static_cast<float>(i), 9.0F, blue});
    return values;
}

void check_means(engine::engine& e, std::size_t count, int crop = side) {
    auto const logits = run_pass(e, plain_images(count, 0.5F, 3.0F, crop));
    REQUIRE(logits.size() == 2 * count);
    for (std::size_t i = 0; i < count; ++i) {
        CHECK(logits[2 * i] == Approx(0.5 + static_cast<double>(i)).epsilon(1e-3));
        CHECK(logits[2 * i + 1] == Approx(2.0).epsilon(1e-3));
    }
}

}  // namespace

TEST_CASE("onnx engine: any batch", "[onnx]") {
    temporary_folder const folder;
    auto const e = create(folder, make_mean_network());
    REQUIRE(e);
    CHECK((*e)->classes() == 2);
    CHECK((*e)->describe().name == "onnxruntime");
    CHECK((*e)->describe().precision == "fp32");
    CHECK((*e)->describe().note.empty());
    CHECK((*e)->input() == input_format{side, side, element_type::f32, 1.0F});
    CHECK(!(*e)->features());
    for (std::size_t const count : {1, 2, 5, 3}) check_means(**e, count);
    (*e)->release_memory();
    check_means(**e, 4);
}

TEST_CASE("onnx engine: a fixed batch runs in passes of its size", "[onnx]") {
    temporary_folder const folder;
    auto const e = create(folder, make_mean_network({.input = {4, 3, side, side}, .output = {4, 2}}));
    REQUIRE(e);
    CHECK((*e)->classes() == 2);
    CHECK_THAT((*e)->describe().note, ContainsSubstring("passes of 4 images"));
    for (std::size_t const count : {1, 4, 5, 9}) check_means(**e, count);
    (*e)->release_memory();
    check_means(**e, 2);
}

TEST_CASE("onnx engine: a file that says any batch and means one runs one by one", "[onnx]") {
    temporary_folder const folder;
    auto const e = create(folder, make_mean_network({.fixed_reshape = true}));
    REQUIRE(e);
    CHECK_THAT((*e)->describe().note, ContainsSubstring("one image at a time"));
    for (std::size_t const count : {1, 3}) check_means(**e, count);
}

TEST_CASE("onnx engine: NHWC, F16 and any size", "[onnx]") {
    temporary_folder const folder;
    auto const nhwc = create(folder, make_mean_network({.input = {-1, side, side, 3}, .nhwc = true}));
    REQUIRE(nhwc);
    check_means(**nhwc, 3);
    auto const half = create(folder, make_mean_network({.type = TensorProto::FLOAT16}));
    REQUIRE(half);
    check_means(**half, 3);
    auto const any = create(folder, make_mean_network({.input = {-1, 3, -1, -1}}), 48);
    REQUIRE(any);
    CHECK((*any)->input().height == 48);
    check_means(**any, 2, 48);
}

TEST_CASE("onnx engine: U8 pixels are 255 times the value", "[onnx]") {
    temporary_folder const folder;
    auto const e = create(folder, make_mean_network({.type = TensorProto::UINT8}));
    REQUIRE(e);
    auto const logits = run_pass(**e, plain_images(1, 0.4F, 1.5F));
    CHECK(logits[0] == Approx(102));
    CHECK(logits[1] == Approx(255 - 1));
}

TEST_CASE("onnx engine: the softmax of probabilities' logits is the probabilities", "[onnx]") {
    temporary_folder const folder;
    auto const e = create(folder, make_mean_network({.softmax = true}));
    REQUIRE(e);
    auto const logits = run_pass(**e, plain_images(1, 0.5F, 3.0F));
    CHECK(logits[1] - logits[0] == Approx(1.5).epsilon(1e-4));
    auto const far = run_pass(**e, plain_images(1, 0.0F, 1000.0F));
    CHECK(std::isfinite(far[0]));
}

TEST_CASE("onnx engine: weights in a file beside it", "[onnx]") {
    temporary_folder const folder;
    auto m = make_mean_network();
    make_external(m, "data/x.bin");
    std::filesystem::create_directory(folder / "data");
    std::vector<float> const weights{1, 0, 0, 0, 0, 1};
    sma::test::write_file(folder / "data/x.bin", {reinterpret_cast<char const*>(weights.data()), 24});
    auto const e = create(folder, m);
    REQUIRE(e);
    check_means(**e, 2);
    sma::test::write_file(folder / "data/x.bin", "short");
    auto const cut = create(folder, m);
    REQUIRE(!cut);
    CHECK(cut.error().code == errc::invalid_weights);
}

TEST_CASE("onnx engine: files that do not load say why", "[onnx]") {
    temporary_folder const folder;
    auto const refusal = [&](::onnx::ModelProto const& m, int crop = side) {
        auto const e = create(folder, m, crop);
        REQUIRE(!e);
        INFO(e.error().message);
        CHECK(e.error().message.find('\n') == std::string::npos);
        CHECK(e.error().message.find(folder.path().string()) == std::string::npos);
        return e.error();
    };
    auto const opset = refusal(make_mean_network({.opset = 99}));
    CHECK(opset.code == errc::invalid_weights);
    CHECK_THAT(opset.message, ContainsSubstring("opset 99") && ContainsSubstring("ONNX Runtime"));
    CHECK_THAT(refusal(make_mean_network({.ir_version = 60})).message, ContainsSubstring("IR version"));
    auto unknown = make_mean_network();
    unknown.mutable_graph()->mutable_node(0)->set_op_type("Frobnicate");
    CHECK_THAT(refusal(unknown).message, ContainsSubstring("Frobnicate"));
    CHECK_THAT(refusal(make_mean_network({.input = {-1, 1, side, side}})).message,
               ContainsSubstring("expected images"));
    auto const size = refusal(make_mean_network(), 64);
    CHECK(size.code == errc::invalid_setting);
    CHECK_THAT(size.message, ContainsSubstring("set crop = 32"));
    auto flat = make_mean_network({.output = {}});
    flat.mutable_graph()->mutable_output(0)->mutable_type()->mutable_tensor_type()->clear_shape();
    flat.mutable_graph()->mutable_output(0)->set_name("pooled_rows");
    set_integer(add_node(flat.mutable_graph(), "ReduceSum", {"logits"}, "pooled_rows"), "keepdims", 0);
    CHECK_THAT(refusal(flat).message, ContainsSubstring("one row of logits per image"));
}

TEST_CASE("onnx engine: a misuse is an exception, and the engine works on", "[onnx]") {
    temporary_folder const folder;
    auto const e = create(folder, make_mean_network());
    REQUIRE(e);
    std::vector<float> logits(3);
    CHECK_THROWS_AS((*e)->infer({}, logits), std::invalid_argument);
    check_means(**e, 2);
}
