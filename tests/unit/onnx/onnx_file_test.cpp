// Tests of the reader of ONNX files: what it finds in them, and what it refuses.
#include "onnx_messages.hpp"

#include "sma/onnx/onnx_file.hpp"

#include "catch_result.hpp"

#include <filesystem>

using namespace sma;
using namespace sma::onnx::test;
using Catch::Matchers::ContainsSubstring;
using sma::test::temporary_folder;

namespace {

sma::onnx::onnx_file describe(::onnx::ModelProto const& m) {
    temporary_folder const folder;
    auto const described = sma::onnx::describe_file(write_message(folder / "x.onnx", m));
    REQUIRE(described);
    return *described;
}

std::string problem_of(mean_network const& how) { return describe(make_mean_network(how)).problem; }

std::string refusal_of(temporary_folder const& folder, ::onnx::ModelProto const& m) {
    auto const described = sma::onnx::describe_file(write_message(folder / "x.onnx", m));
    REQUIRE(!described);
    CHECK(described.error().code == errc::invalid_weights);
    return described.error().message;
}

}  // namespace

TEST_CASE("onnx file: what a file says of itself", "[onnx]") {
    auto m = make_mean_network();
    m.set_producer_version("1.2");
    auto* const entry = m.add_metadata_props();
    entry->set_key("labels.txt");
    entry->set_value("a\nb\n");
    auto const f = describe(m);
    CHECK(f.problem.empty());
    CHECK(f.producer == "tests 1.2");
    CHECK(f.opset == 17);
    CHECK(f.input_text == "images: F32 [any, 3, 32, 32]");
    CHECK(f.output_text == "logits: F32 [any, 2]");
    CHECK(f.input.layout == sma::onnx::image_layout::nchw);
    CHECK((f.input.batch == 0 && f.input.height == 32 && f.input.width == 32));
    CHECK(f.output.classes == 2);
    CHECK(!f.output.is_softmax);
    CHECK(f.metadata.at("labels.txt") == "a\nb\n");
    CHECK(f.tensors == 2);
    CHECK(f.parameters == 8);
    CHECK(f.data_files.empty());
}

TEST_CASE("onnx file: inputs of other layouts, types and sizes", "[onnx]") {
    auto const nhwc = describe(make_mean_network({.input = {4, 64, 64, 3}, .nhwc = true})).input;
    CHECK(nhwc.layout == sma::onnx::image_layout::nhwc);
    CHECK((nhwc.batch == 4 && nhwc.height == 64));
    CHECK(describe(make_mean_network({.type = TensorProto::UINT8})).input.type == sma::onnx::value_type::u8);
    auto const any = describe(make_mean_network({.type = TensorProto::FLOAT16, .input = {-1, 3, -1, -1}})).input;
    CHECK(any.type == sma::onnx::value_type::f16);
    CHECK(any.height == 0);
    CHECK(describe(make_mean_network({.softmax = true})).output.is_softmax);
}

TEST_CASE("onnx file: networks that cannot be served say why", "[onnx]") {
    auto const images = ContainsSubstring("expected images [n, 3, height, width]");
    CHECK_THAT(problem_of({.input = {-1, 1, 28, 28}}), ContainsSubstring("F32 [any, 1, 28, 28]") && images);
    CHECK_THAT(problem_of({.input = {-1, 128}}), images);
    CHECK_THAT(problem_of({.type = TensorProto::INT64}), ContainsSubstring("INT64") && images);
    CHECK_THAT(problem_of({.input = {-1, 3, 224, 192}}), ContainsSubstring("expected a square"));
    CHECK_THAT(problem_of({.output = {-1, 2, 7, 7}}), ContainsSubstring("expected [n, classes]"));
    auto two = make_mean_network();
    add_value(two.mutable_graph()->add_input(), "mask", TensorProto::FLOAT, {-1, 4});
    CHECK_THAT(describe(two).problem, ContainsSubstring("2 inputs (images, mask)"));
    auto outputs = make_mean_network();
    outputs.mutable_graph()->mutable_output(0)->set_name("scores");
    add_value(outputs.mutable_graph()->add_output(), "boxes", TensorProto::FLOAT, {-1, 4});
    CHECK_THAT(describe(outputs).problem, ContainsSubstring("2 outputs"));
    outputs.mutable_graph()->mutable_output(0)->set_name("logits");
    CHECK(describe(outputs).problem.empty());
}

TEST_CASE("onnx file: weights among the inputs, as files of old have them, are no inputs", "[onnx]") {
    auto m = make_mean_network({.ir_version = 3});
    add_value(m.mutable_graph()->add_input(), "weight", TensorProto::FLOAT, {3, 2});
    CHECK(describe(m).problem.empty());
}

TEST_CASE("onnx file: what is cut short or no ONNX file is refused", "[onnx]") {
    temporary_folder const folder;
    auto const whole = make_mean_network().SerializeAsString();
    for (auto const size : {std::size_t{0}, std::size_t{3}, whole.size() / 2, whole.size() - 1}) {
        INFO(size);
        sma::test::write_file(folder / "x.onnx", whole.substr(0, size));
        auto const described = sma::onnx::describe_file(folder / "x.onnx");
        REQUIRE(!described);
        CHECK(described.error().code == errc::invalid_weights);
        CHECK_THAT(described.error().message, ContainsSubstring("damaged or cut short"));
    }
    CHECK(sma::onnx::describe_file(folder / "missing.onnx").error().code == errc::io_error);
}

TEST_CASE("onnx file: tensors are in files beside it, and nowhere else", "[onnx]") {
    temporary_folder const folder;
    auto const with = [](std::string const& location) {
        auto m = make_mean_network();
        make_external(m, location);
        return m;
    };
    std::vector<float> const weights{1, 0, 0, 0, 0, 1};
    sma::test::write_file(folder / "x.onnx.data", {reinterpret_cast<char const*>(weights.data()), 24});
    auto const described = sma::onnx::describe_file(write_message(folder / "x.onnx", with("x.onnx.data")));
    REQUIRE(described);
    REQUIRE(described->data_files.size() == 1);
    CHECK(described->data_files.at("x.onnx.data") == folder / "x.onnx.data");
    CHECK_THAT(refusal_of(folder, with("missing")), ContainsSubstring("are missing"));
    for (auto const* name : {"/etc/passwd", "../x", "a/../../x", "", ".."}) {
        INFO(name);
        CHECK_THAT(refusal_of(folder, with(name)), ContainsSubstring("beside the ONNX file"));
    }
    std::filesystem::create_symlink("/etc/passwd", folder / "outside");
    CHECK_THAT(refusal_of(folder, with("outside")), ContainsSubstring("symbolic link"));
    std::filesystem::create_directory_symlink("/etc", folder / "folder");
    CHECK_THAT(refusal_of(folder, with("folder/passwd")), ContainsSubstring("symbolic link"));
    std::filesystem::create_symlink("x.onnx.data", folder / "inside");
    CHECK(sma::onnx::describe_file(write_message(folder / "x.onnx", with("inside"))));
}
