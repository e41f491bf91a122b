// Segment a photo with an exported network, in C++17 with ONNX Runtime and stb.
//
//   segment model.onnx photo.jpg mask.png
//
// The mask has one label per pixel: 0 background, 1 to K the classes, in the size of the photo.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <iostream>
#include <limits>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include <onnxruntime_cxx_api.h>
#define STB_IMAGE_IMPLEMENTATION
#include <stb_image.h>
#define STB_IMAGE_WRITE_IMPLEMENTATION
#include <stb_image_write.h>

using Values = std::vector<float>;

struct Size {
  int width, height;
};

// What the metadata of an exported network says about its input.
struct About {
  std::string classes;
  int long_side;
  float mean[3], std[3];
};

About read_about(const Ort::Session& session) {
  Ort::AllocatorWithDefaultOptions allocator;
  const auto metadata = session.GetModelMetadata();
  const auto text = [&](const char* key) {
    const auto value = metadata.LookupCustomMetadataMapAllocated(key, allocator);
    if (!value) throw std::runtime_error(std::string("the network has no metadata ") + key);
    return std::string(value.get());
  };
  About about{text("classes"), std::stoi(text("long_side")), {}, {}};
  std::istringstream mean(text("pixel_mean")), std(text("pixel_std"));
  for (int c = 0; c < 3; ++c) mean >> about.mean[c], std >> about.std[c];
  return about;
}

// Resize the middle axis of (outer, from, inner) with a triangle filter, as Pillow does: for
// pixels, with weights of 22 bits and rounded results; for logits, with neither.
Values resize_axis(const Values& source, int outer, int from, int inner, int to, bool pixels) {
  Values target(size_t(outer) * to * inner);
  const double scale = double(from) / to, support = std::max(scale, 1.0);
  for (int t = 0; t < to; ++t) {
    const double centre = (t + 0.5) * scale;
    const int first = std::max(0, int(centre - support + 0.5));
    const int end = std::min(from, int(centre + support + 0.5));
    std::vector<double> weights;
    double total = 0;
    for (int s = first; s < end; ++s) {
      weights.push_back(std::max(0.0, 1 - std::abs(s - centre + 0.5) / support));
      total += weights.back();
    }
    for (double& weight : weights) {
      weight /= total;
      if (pixels) weight = std::floor(weight * (1 << 22) + 0.5) / (1 << 22);
    }
    for (int o = 0; o < outer; ++o)
      for (int i = 0; i < inner; ++i) {
        double sum = 0;
        for (size_t w = 0; w < weights.size(); ++w)
          sum += weights[w] * source[(size_t(o) * from + first + w) * inner + i];
        target[(size_t(o) * to + t) * inner + i] = float(pixels ? std::floor(sum + 0.5) : sum);
      }
  }
  return target;
}

// Make (1, 3, H, W) from (H, W, 3), padded with zeros.
Values normalise(const About& about, const Values& pixels, Size size, Size padded) {
  Values values(size_t(3) * padded.height * padded.width);
  for (int c = 0; c < 3; ++c)
    for (int y = 0; y < size.height; ++y)
      for (int x = 0; x < size.width; ++x)
        values[(size_t(c) * padded.height + y) * padded.width + x] =
            (pixels[(size_t(y) * size.width + x) * 3 + c] - about.mean[c]) / about.std[c];
  return values;
}

// Resize one channel of logits at a time, so that a large photo needs little memory.
std::vector<uint8_t> largest(const float* logits, int channels, Size padded, Size size, Size full) {
  Values best(size_t(full.width) * full.height, -std::numeric_limits<float>::infinity());
  std::vector<uint8_t> labels(best.size());
  for (int c = 0; c < channels; ++c) {
    Values plane;
    for (int y = 0; y < size.height; ++y) {
      const float* row = logits + (size_t(c) * padded.height + y) * padded.width;
      plane.insert(plane.end(), row, row + size.width);
    }
    plane = resize_axis(plane, size.height, size.width, 1, full.width, false);
    plane = resize_axis(plane, 1, size.height, full.width, full.height, false);
    for (size_t i = 0; i < plane.size(); ++i)
      if (plane[i] > best[i]) best[i] = plane[i], labels[i] = uint8_t(c);
  }
  return labels;
}

std::vector<uint8_t> segment(Ort::Session& session, const About& about, const Values& photo,
                             Size full) {
  const double zoom = double(about.long_side) / std::max(full.width, full.height);
  const auto shrunk = [&](int side) { return std::max(16, int(std::nearbyint(side * zoom))); };
  const auto up = [](int side) { return (side + 31) / 32 * 32; };
  const Size size{shrunk(full.width), shrunk(full.height)};
  const Size padded{up(size.width), up(size.height)};
  auto pixels = resize_axis(photo, full.height, full.width, 3, size.width, true);
  pixels = resize_axis(pixels, 1, full.height, size.width * 3, size.height, true);
  auto values = normalise(about, pixels, size, padded);
  const int64_t shape[] = {1, 3, padded.height, padded.width};
  const auto memory = Ort::MemoryInfo::CreateCpu(OrtArenaAllocator, OrtMemTypeDefault);
  const auto input = Ort::Value::CreateTensor<float>(memory, values.data(), values.size(), shape, 4);
  const char *inputs[] = {"images"}, *outputs[] = {"logits"};
  const auto found = session.Run(Ort::RunOptions{}, inputs, &input, 1, outputs, 1);
  const auto channels = int(found[0].GetTensorTypeAndShapeInfo().GetShape()[1]);
  return largest(found[0].GetTensorData<float>(), channels, padded, size, full);
}

int main(int count, char** words) try {
  if (count != 4) throw std::runtime_error("usage: segment model.onnx photo.jpg mask.png");
  Ort::Env env(ORT_LOGGING_LEVEL_ERROR);
  Ort::Session session(env, std::filesystem::path(words[1]).c_str(), Ort::SessionOptions{});
  const About about = read_about(session);
  Size full;
  int stored;
  uint8_t* loaded = stbi_load(words[2], &full.width, &full.height, &stored, 3);
  if (!loaded) throw std::runtime_error(std::string("cannot read ") + words[2]);
  const Values photo(loaded, loaded + size_t(full.width) * full.height * 3);
  stbi_image_free(loaded);
  const auto labels = segment(session, about, photo, full);
  if (!stbi_write_png(words[3], full.width, full.height, 1, labels.data(), full.width))
    throw std::runtime_error(std::string("cannot write ") + words[3]);
  std::cout << about.classes << "\n";
} catch (const std::exception& error) {
  std::cerr << "error: " << error.what() << "\n";
  return 1;
}
