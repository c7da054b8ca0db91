// Tests of the pre-processing that a model's files ask for. The configurations are those of models that people have.
#include "sma/model/file_preprocessing.hpp"

#include "fuzz_corpus.hpp"
#include "fuzz_one_preprocessing.hpp"
#include "model_files.hpp"
#include "no_archives.hpp"
#include "sma/image/preprocess_text.hpp"

#include "catch_result.hpp"

using namespace sma;
using namespace sma::test;
using namespace sma::model;
using Catch::Matchers::ContainsSubstring;
using image::crop_mode;
using image::interpolation;
using image::preprocess_options;

namespace {

constexpr std::array<float, 3> imagenet_mean{0.485F, 0.456F, 0.406F};
constexpr std::array<float, 3> imagenet_std{0.229F, 0.224F, 0.225F};
constexpr std::array<float, 3> half{0.5F, 0.5F, 0.5F};

std::string const imagenet_values = R"("image_mean": [0.485, 0.456, 0.406], "image_std": [0.229, 0.224, 0.225])";
std::string const half_values = R"("image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5])";

/// A folder with weights and one file beside them.
struct model_folder {
    model_folder(std::string const& name, std::string const& text) {
        weights = folder.write("model.safetensors", safetensors_bytes("{}", ""));
        folder.write(name, text);
    }
    result<std::optional<file_preprocessing>> find() const {
        return find_file_preprocessing(weights, file_kind::safetensors, no_archives);
    }

    scratch_folder folder;
    std::filesystem::path weights;
};

preprocess_options options_of(std::string const& name, std::string const& text) {
    model_folder const with(name, text);
    auto const found = with.find();
    INFO(text);
    REQUIRE(found);
    REQUIRE(*found);
    CHECK((*found)->source == name + " beside the weights");
    return (*found)->options;
}

preprocess_options hugging_face(std::string const& text) { return options_of("preprocessor_config.json", text); }
preprocess_options timm(std::string const& members) {
    return options_of("config.json",
                      R"({"architecture": "resnet50", "num_classes": 1000, "pretrained_cfg": {)" + members + "}}");
}

error refusal(std::string const& name, std::string const& text) {
    model_folder const with(name, text);
    auto const found = with.find();
    INFO(text);
    REQUIRE_FALSE(found);
    CHECK_THAT(found.error().message, ContainsSubstring(name + " beside the weights"));
    return found.error();
}

void check(preprocess_options const& o, preprocess_options const& wanted) {
    CHECK(image::preprocess_text(o) == image::preprocess_text(wanted));
}

}  // namespace

TEST_CASE("preprocessing: Hugging Face's ResNet, whose size is that of the crop", "[preprocessing]") {
    // microsoft/resnet-50
    check(hugging_face(R"({"crop_pct": 0.875, "do_normalize": true, "do_resize": true, "resample": 3, "size": 224,
                           "feature_extractor_type": "ConvNextFeatureExtractor", )" +
                       imagenet_values + "}"),
          {256, 224, crop_mode::center, interpolation::bicubic, imagenet_mean, imagenet_std});
}

TEST_CASE("preprocessing: ConvNeXt crops below 384 pixels and squashes from there on", "[preprocessing]") {
    auto const of = [](std::string const& size) {
        return hugging_face(R"({"crop_pct": 0.875, "do_normalize": true, "do_rescale": true, "do_resize": true,
                                "image_processor_type": "ConvNextImageProcessor", "resample": 3,
                                "rescale_factor": 0.00392156862745098, "size": )" +
                            size + ", " + imagenet_values + "}");
    };
    check(of(R"({"shortest_edge": 224})"),
          {256, 224, crop_mode::center, interpolation::bicubic, imagenet_mean, imagenet_std});
    check(of(R"({"shortest_edge": 383})"),
          {437, 383, crop_mode::center, interpolation::bicubic, imagenet_mean, imagenet_std});
    check(of(R"({"shortest_edge": 384})"),
          {384, 384, crop_mode::squash, interpolation::bicubic, imagenet_mean, imagenet_std});
    check(of("384"), {384, 384, crop_mode::squash, interpolation::bicubic, imagenet_mean, imagenet_std});
}

TEST_CASE("preprocessing: ViT squashes to a square", "[preprocessing]") {
    preprocess_options const wanted{224, 224, crop_mode::squash, interpolation::bilinear, half, half};
    // google/vit-base-patch16-224, as it is saved now and as it was.
    check(hugging_face(R"({"do_normalize": true, "do_rescale": true, "do_resize": true, "resample": 2,
                           "image_processor_type": "ViTImageProcessor", "rescale_factor": 0.00392156862745098,
                           "size": {"height": 224, "width": 224}, )" +
                       half_values + "}"),
          wanted);
    check(hugging_face(R"({"do_normalize": true, "do_resize": true, "resample": 2, "size": 224,
                           "feature_extractor_type": "ViTFeatureExtractor", )" +
                       half_values + "}"),
          wanted);
    // The fast processors write what they do not use as null.
    check(hugging_face(R"({"crop_size": null, "do_center_crop": null, "do_convert_rgb": null, "do_normalize": true,
                           "do_pad": null, "do_rescale": true, "do_resize": true, "resample": 2, "device": null,
                           "image_processor_type": "ViTImageProcessorFast", "rescale_factor": 0.00392156862745098,
                           "size": {"height": 224, "width": 224}, )" +
                       half_values + "}"),
          wanted);
}

TEST_CASE("preprocessing: DeiT squashes and crops, CLIP and MobileNet resize the shorter side", "[preprocessing]") {
    check(hugging_face(R"({"crop_size": {"height": 224, "width": 224}, "do_center_crop": true, "do_normalize": true,
                           "do_resize": true, "image_processor_type": "DeiTImageProcessor", "resample": 3,
                           "size": {"height": 256, "width": 256}, )" +
                       imagenet_values + "}"),
          {256, 224, crop_mode::squash, interpolation::bicubic, imagenet_mean, imagenet_std});
    // google/mobilenet_v2_1.0_224
    check(hugging_face(R"({"crop_size": {"height": 224, "width": 224}, "do_center_crop": true, "do_normalize": true,
                           "do_rescale": true, "do_resize": true, "resample": 2,
                           "image_processor_type": "MobileNetV2ImageProcessor", "rescale_factor": 0.00392156862745098,
                           "size": {"shortest_edge": 256}, )" +
                       half_values + "}"),
          {256, 224, crop_mode::center, interpolation::bilinear, half, half});
    check(hugging_face(R"({"crop_size": 224, "do_center_crop": true, "do_normalize": true, "do_resize": true,
                           "feature_extractor_type": "CLIPFeatureExtractor", "resample": 3, "size": 224, )" +
                       half_values + "}"),
          {224, 224, crop_mode::center, interpolation::bicubic, half, half});
    // facebook/levit-128S: 256 / 224 of what the file says.
    check(hugging_face(R"({"crop_size": {"height": 224, "width": 224}, "do_center_crop": true, "do_normalize": true,
                           "do_resize": true, "image_processor_type": "LevitImageProcessor", "resample": 3,
                           "size": {"shortest_edge": 224}, )" +
                       imagenet_values + "}"),
          {256, 224, crop_mode::center, interpolation::bicubic, imagenet_mean, imagenet_std});
}

TEST_CASE("preprocessing: without normalization values stay between 0 and 1", "[preprocessing]") {
    auto const o = hugging_face(R"({"image_processor_type": "ViTImageProcessor", "do_normalize": false, "resample": 2,
                                    "size": {"height": 96, "width": 96}})");
    CHECK(o.mean == std::array<float, 3>{0, 0, 0});
    CHECK(o.std == std::array<float, 3>{1, 1, 1});
    CHECK(o.crop == 96);
}

TEST_CASE("preprocessing: what an image processor asks for and the decoder does not compute is refused",
          "[preprocessing]") {
    auto const refused = [](std::string const& members) {
        return refusal("preprocessor_config.json",
                       R"({"image_processor_type": "ViTImageProcessor", )" + half_values + ", " + members + "}");
    };
    std::string const size = R"("size": {"height": 224, "width": 224})";
    struct unsupported {
        std::string members;
        char const* names;
    };
    for (auto const& [members, names] : std::vector<unsupported>{
             {R"("resample": 1, )" + size, "lanczos"},
             {R"("resample": 0, )" + size, "nearest"},
             {R"("resample": 2, "size": {"height": 224, "width": 256})", "224 x 256"},
             {R"("resample": 2, "size": {"height": 5000, "width": 5000})", "5000"},
             {R"("resample": 2, "size": {"height": 16, "width": 16})", "16"},
             {R"("resample": 2, "size": {"shortest_edge": 224})", "does not crop"},
             {R"("resample": 2, "do_rescale": false, )" + size, "do_rescale"},
             {R"("resample": 2, "rescale_factor": 0.0078, )" + size, "rescale_factor"},
             {R"("resample": 2, "rescale_offset": true, )" + size, "rescale_offset"},
             {R"("resample": 2, "do_flip_channel_order": true, )" + size, "do_flip_channel_order"},
             {R"("resample": 2, "do_pad": true, )" + size, "do_pad"},
             {R"("resample": 2, "do_resize": false, )" + size, "do_resize"},
         }) {
        auto const e = refused(members);
        CHECK(e.code == errc::unsupported);
        CHECK_THAT(e.message, ContainsSubstring(names) && ContainsSubstring("preprocess = v1"));
    }
    CHECK_THAT(refusal("preprocessor_config.json", R"({"image_processor_type": "ViT\nProcessor"})").message,
               ContainsSubstring("ViT?Processor"));
    CHECK_THAT(refusal("preprocessor_config.json", R"({"image_processor_type": "EfficientNetImageProcessor"})").message,
               ContainsSubstring("EfficientNetImageProcessor"));
    CHECK_THAT(refusal("preprocessor_config.json", R"({"resample": 2, "size": {"shortest_edge": 256}, "crop_size": 224,
                                                       "image_mean": [0.5], "image_std": [0.5]})")
                   .message,
               ContainsSubstring("image_mean"));
    CHECK_THAT(refusal("preprocessor_config.json", R"({"resample": 2, "size": {"shortest_edge": 256}, "crop_size": 224,
                                                       "image_mean": [123.7, 116.3, 103.5], "image_std": [1, 1, 1]})")
                   .message,
               ContainsSubstring("from 0 to 1"));
}

TEST_CASE("preprocessing: a file that is broken or says too little is an error", "[preprocessing]") {
    for (auto const& [text, names] : std::vector<std::pair<std::string, char const*>>{
             {"{", "preprocessor_config.json"},
             {"[]", "JSON object"},
             {"{}", "size"},
             {R"({"size": 224, "crop_size": 224})", "shortest_edge"},
             {R"({"image_processor_type": "ViTImageProcessor", "size": "224"})", "size"},
             {R"({"image_processor_type": "ViTImageProcessor", "size": 224.5})", "size"},
             {R"({"image_processor_type": "ViTImageProcessor", "size": 0e999})", "size"},
             {R"({"image_processor_type": "ViTImageProcessor", "size": 1e999})", "size"},
             {R"({"image_processor_type": "ViTImageProcessor", "size": 224})", "resample"},
             {R"({"image_processor_type": "ViTImageProcessor", "size": 224, "resample": 2})", "image_mean"},
             {R"({"image_processor_type": "ViTImageProcessor", "size": 224, "resample": 9})", "resample"},
         }) {
        auto const e = refusal("preprocessor_config.json", text);
        CHECK(e.code == errc::invalid_weights);
        CHECK_THAT(e.message, ContainsSubstring(names));
        CHECK(e.message.find('\n') == std::string::npos);
    }
}

TEST_CASE("preprocessing: timm's configuration", "[preprocessing]") {
    // timm/resnet50.a1_in1k
    std::string const a1 = R"("input_size": [3, 224, 224], "interpolation": "bicubic", "crop_pct": 0.95,
                              "crop_mode": "center", "mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225])";
    check(timm(a1), {235, 224, crop_mode::center, interpolation::bicubic, imagenet_mean, imagenet_std});
    check(timm(R"("input_size": [3, 224, 224], "crop_pct": 0.9, "mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5])"),
          {248, 224, crop_mode::center, interpolation::bicubic, half, half});
    check(timm(R"("input_size": [3, 299, 299], "interpolation": "bilinear", "crop_pct": 0.875)"),
          {341, 299, crop_mode::center, interpolation::bilinear, imagenet_mean, imagenet_std});
    check(timm(R"("input_size": [3, 384, 384], "crop_pct": 1.0, "crop_mode": "squash")"),
          {384, 384, crop_mode::squash, interpolation::bicubic, imagenet_mean, imagenet_std});
    // As older versions wrote it, in one object.
    check(options_of("config.json", R"({"architecture": "resnet26d", "input_size": [3, 224, 224], "crop_pct": 0.875,
                                        "interpolation": "bicubic"})"),
          {256, 224, crop_mode::center, interpolation::bicubic, imagenet_mean, imagenet_std});

    model_folder const with("config.json", R"({"pretrained_cfg": {)" + a1 + R"(, "test_input_size": [3, 288, 288]}})");
    auto const found = with.find();
    REQUIRE((found && *found));
    REQUIRE((*found)->remarks.size() == 1);
    CHECK_THAT((*found)->remarks[0].text, ContainsSubstring("288"));
    CHECK_FALSE((*found)->remarks[0].is_warning);
}

TEST_CASE("preprocessing: what timm asks for and the decoder does not compute is refused", "[preprocessing]") {
    for (auto const& [members, names] : std::vector<std::pair<char const*, char const*>>{
             {R"("crop_mode": "border")", "border"},
             {R"("interpolation": "lanczos")", "lanczos"},
             {R"("input_size": [1, 28, 28])", "channels"},
             {R"("input_size": [3, 224, 288])", "224 x 288"},
             {R"("input_size": 224)", "input_size"},
             {R"("crop_pct": 0)", "crop_pct"},
             {R"("crop_pct": "all")", "crop_pct"},
             {R"("mean": [0.5, 0.5])", "mean"},
             {R"("std": [0, 0, 0])", "std"},
             {R"("input_size": [3, 16, 16])", "16"},
         })
        CHECK_THAT(refusal("config.json", std::string(R"({"pretrained_cfg": {)") + members + "}}").message,
                   ContainsSubstring(names));
}

TEST_CASE("preprocessing: a config.json that says nothing of images is passed over", "[preprocessing]") {
    for (auto const* const text :
         {"", "no JSON", "[1]", R"({"model_type": "resnet", "id2label": {"0": "a"}})", R"({"pretrained_cfg": {}})",
          R"({"architecture": "resnet50"})", R"({"mean": [9]})", R"({"pretrained_cfg": null})"}) {
        INFO(text);
        auto const found = model_folder("config.json", text).find();
        REQUIRE(found);
        CHECK_FALSE(*found);
    }
}

TEST_CASE("preprocessing: the weight file comes before what stands beside it", "[preprocessing]") {
    preprocess_options own{300, 280, crop_mode::squash, interpolation::bicubic, half, {0.1F, 0.2F, 0.3F}};
    model_folder const with(
        "preprocessor_config.json",
        R"({"image_processor_type": "ViTImageProcessor", "size": 224, "resample": 2, )" + half_values + "}");
    with.folder.write("config.json", R"({"pretrained_cfg": {"crop_pct": 0.9}})");
    CHECK((*with.find())->source == "preprocessor_config.json beside the weights");
    with.folder.write("preprocess.json", preprocessing_json(own));
    CHECK((*with.find())->source == "preprocess.json beside the weights");

    std::string escaped;
    for (char const c : preprocessing_json(own)) escaped.append(c == '"' ? "\\\"" : std::string(1, c));
    with.folder.write("model.safetensors",
                      safetensors_bytes(R"({"__metadata__": {"preprocess.json": ")" + escaped + "\"}}", ""));
    auto const found = with.find();
    REQUIRE((found && *found));
    CHECK((*found)->source == "preprocess.json in the weight file");
    check((*found)->options, own);
}

TEST_CASE("preprocessing: what is written is read as the same", "[preprocessing]") {
    for (auto const mode : {crop_mode::center, crop_mode::squash})
        for (auto const filter : {interpolation::bilinear, interpolation::bicubic}) {
            preprocess_options const o{235, 224, mode, filter, imagenet_mean, {0.001F, 1, 10}};
            check(options_of("preprocess.json", preprocessing_json(o)), o);
        }
}

TEST_CASE("the pre-processing files of the fuzzer's corpus are options or errors", "[preprocessing]") {
    replay_corpus("preprocessing", 8, model::test::fuzz_one_preprocessing);
}
