#include "sma/serving/prediction_writer.hpp"

#include "catch.hpp"

using namespace sma;

TEST_CASE("a prediction has rank, index, name and a confidence of six digits", "[prediction_writer]") {
    std::string out;
    {
        object_writer o(out);
        array_writer predictions(o, "predictions");
        serving::write_prediction(predictions, 1, {7, 0.98765432}, "a \"star\"");
        serving::write_prediction(predictions, 2, {0, 0.0123}, "ring");
    }
    CHECK(out ==
          R"({"predictions": [{"rank": 1, "class_index": 7, "class_name": "a \"star\"", "confidence": 0.987654}, )"
          R"({"rank": 2, "class_index": 0, "class_name": "ring", "confidence": 0.0123}]})");
}
