"""What we export, read by the programs that it is for; what they write, read by us."""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from drawn import CLASSES, NAMES, annotation_name, write_data
from PIL import Image
from torchvision_shim import make_importable

from tag2mask.interchange import brush, rle
from tag2mask.interchange.exporting import export_labels
from tag2mask.interchange.format import WriteOptions
from tag2mask.interchange.sources import Selection

pytestmark = pytest.mark.peers


def peer(name: str) -> ModuleType:
    """Import a package, or fail."""
    try:
        return import_module(name)
    except Exception as error:  # whatever keeps it from loading, the comparison was not made
        pytest.fail(f"{name} does not load ({error!r}); run `make test-peers`.", pytrace=False)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a data set without photos that differ by their suffix alone: Datumaro refuses them."""
    names = tuple(name for name in NAMES if not name.startswith("twin"))
    return write_data(tmp_path_factory.mktemp("peers") / "data", names)


def export(data: Path, out: Path, name: str) -> Path:
    """Export all annotations."""
    export_labels(data, out, format=name, selection=Selection(what="annotations"),
                  options=WriteOptions())
    return out


def truth(data: Path, file: str) -> np.ndarray:
    """Read the annotation of a photo, undecided pixels as background."""
    path = data / "annotations" / f"{annotation_name(file)}.png"
    mask = np.array(Image.open(path))
    return np.where(mask == 255, 0, mask)


def test_pycocotools_reads_our_run_lengths(data: Path, tmp_path: Path) -> None:
    """Pixel by pixel."""
    coco = peer("pycocotools.coco").COCO(
        str(export(data, tmp_path / "out", "coco") / "annotations" / "instances_default.json"))
    for image in coco.loadImgs(coco.getImgIds()):
        mask = np.zeros((image["height"], image["width"]), np.uint8)
        for found in coco.loadAnns(coco.getAnnIds(image["id"])):
            decoded = coco.annToMask(found) > 0
            assert decoded.sum() == found["area"]
            mask[decoded] = found["category_id"]
        assert (mask == truth(data, image["file_name"])).all(), image["file_name"]


def test_our_strings_are_those_of_pycocotools() -> None:
    """Of masks of all densities."""
    masks, draw = peer("pycocotools.mask"), np.random.default_rng(0)
    for _ in range(100):
        mask = draw.random(draw.integers(1, 60, 2)) < draw.random()
        theirs = masks.encode(np.asfortranarray(mask.astype(np.uint8)))["counts"].decode()
        assert rle.to_string(rle.encode(mask)) == theirs


def test_label_studio_reads_our_brush_masks_and_we_read_its(data: Path, tmp_path: Path) -> None:
    """Its converter's decoder and encoder."""
    theirs = peer("label_studio_converter.brush")
    tasks = json.loads((export(data, tmp_path / "out", "label-studio") / "tasks.json").read_text(
        encoding="utf-8"))
    for task in tasks:
        mask = np.zeros(truth(data, task["data"]["file"]).shape, np.uint8)
        for result in task["predictions"][0]["result"]:
            values = theirs.decode_rle(result["value"]["rle"])
            decoded = values.reshape(*mask.shape, 4)[:, :, 3] > 0
            mask[decoded] = CLASSES.index(result["value"]["brushlabels"][0]) + 1
            again = theirs.mask2rle((decoded * 255).astype(np.uint8))
            assert (brush.decode(again, decoded.shape) == decoded).all()
        assert (mask == truth(data, task["data"]["file"])).all()


@pytest.mark.parametrize(("name", "theirs"), [
    ("coco", "coco_instances"), ("cvat", "cvat"), ("voc", "voc_segmentation"),
    ("coco-panoptic", "coco_panoptic"),
])
def test_datumaro_reads_our_masks(name: str, theirs: str, data: Path, tmp_path: Path) -> None:
    """The reader that CVAT uses itself."""
    found = peer("datumaro").Dataset.import_from(str(export(data, tmp_path / "out", name)), theirs)
    names = found.categories()[peer("datumaro").AnnotationType.label]
    files = {file.rpartition(".")[0]: file for file in NAMES}
    seen = 0
    for item in found:
        wanted = truth(data, files[item.id])
        mask = np.zeros(wanted.shape, np.uint8)
        for part in item.annotations:
            label = names[part.label].name
            if label in CLASSES and hasattr(part, "image"):
                mask[np.asarray(part.image) > 0] = CLASSES.index(label) + 1
        assert (mask == wanted).all(), item.id
        seen += 1
    assert seen >= len(files) - 3


def test_ultralytics_reads_our_contours(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its own loader, without training; a contour is a segment."""
    monkeypatch.setenv("YOLO_CONFIG_DIR", str(tmp_path))
    make_importable()
    out = export(data, tmp_path / "out", "yolo")
    found = peer("ultralytics.data.utils").check_det_dataset(str(out / "data.yaml"),
                                                             autodownload=False)
    assert list(found["names"].values()) == list(CLASSES)
    loaded = peer("ultralytics.data.dataset").YOLODataset(
        img_path=found["train"], data=found, task="segment", augment=False)
    counts = {Path(label["im_file"]).relative_to(out / "images" / "train").as_posix():
              len(label["segments"]) for label in loaded.labels}
    assert counts["plain.jpg"] == sum(1 for _ in (out / "labels" / "train" / "plain.txt").open())
    assert counts["sub2/x.jpg"] > 3


def test_nnunet_finds_nothing_wrong(data: Path, tmp_path: Path) -> None:
    """Its check of a data set's integrity."""
    check = peer("nnunetv2.experiment_planning.verify_dataset_integrity")
    out = export(data, tmp_path / "out", "nnunet") / "Dataset001_tag2mask"
    check.verify_dataset_integrity(str(out), 1)


def test_hugging_face_loads_our_folder(data: Path, tmp_path: Path) -> None:
    """With a column of photos and one of masks."""
    found = peer("datasets").load_dataset(
        "imagefolder", data_dir=str(export(data, tmp_path / "out", "hf")),
        cache_dir=str(tmp_path / "cache"))
    assert set(found) == {"train", "validation", "test"}
    row = found["train"][0]
    assert row["mask"].mode == "L"
    assert row["mask"].size == row["image"].size


@pytest.fixture
def raster(tmp_path: Path) -> Path:
    """Give a georeferenced raster of 700 x 1100 pixels, with a strip without data."""
    rasterio = peer("rasterio")
    pixels = np.zeros((3, 700, 1100), np.uint8)
    pixels[0, 100:600, 200:900] = 200
    pixels[0, 300:350, 400:500] = 10
    pixels[1] = 50
    pixels[:, :, 1050:] = 0
    path = tmp_path / "geo" / "field.tif"
    path.parent.mkdir()
    with rasterio.open(
        path, "w", driver="GTiff", width=1100, height=700, count=3, dtype="uint8", nodata=0,
        crs="EPSG:32633", transform=rasterio.Affine(0.5, 0, 500000, 0, -0.5, 5400000),
    ) as made:
        made.write(pixels)
    return path


def test_a_raster_is_segmented_in_windows_that_fit_together(raster: Path, tmp_path: Path) -> None:
    """At the same place; without data it is undecided."""
    from tag2mask.interchange.rasters import is_raster, segment_raster

    assert is_raster(raster)
    made = segment_raster(
        raster, tmp_path / "out.tif", lambda pixels: (pixels[..., 0] > 100).astype(np.uint8),
        ("field",), window=512, margin=64)
    with peer("rasterio").open(tmp_path / "out.tif") as found:
        labels = found.read(1)
        assert (found.crs.to_epsg(), found.transform.a, found.transform.f) == (32633, 0.5, 5400000)
    wanted = np.zeros((700, 1100), np.uint8)
    wanted[100:600, 200:900] = 1
    wanted[300:350, 400:500] = 0
    wanted[:, 1050:] = 255
    assert (labels == wanted).all()
    assert made.counts[1] == (wanted == 1).sum()


def test_labels_become_rasters_and_polygons_at_their_place(raster: Path, tmp_path: Path) -> None:
    """GeoTIFF and GeoJSON; holes stay holes."""
    root = tmp_path / "data"
    (root / "images").mkdir(parents=True)
    (root / "annotations").mkdir()
    (root / "images" / "field.tif").write_bytes(raster.read_bytes())
    mask = np.zeros((700, 1100), np.uint8)
    mask[100:600, 200:900] = 1
    mask[300:350, 400:500] = 255
    Image.fromarray(mask).save(root / "annotations" / "field.png")
    (root / "tags.csv").write_text("image,tags\nimages/field.tif,cat\n", encoding="utf-8")
    export(root, tmp_path / "tif", "geotiff")
    with peer("rasterio").open(tmp_path / "tif" / "field.tif") as found:
        assert (found.read(1) == mask).all()
        assert (found.crs.to_epsg(), found.nodata) == (32633, 255)
        assert found.tags(1)["label_1"] == "cat"
    export(root, tmp_path / "json", "geojson")
    made = json.loads((tmp_path / "json" / "field.geojson").read_text(encoding="utf-8"))
    outer, hole = made["features"][0]["geometry"]["coordinates"]
    assert made["crs"]["properties"]["name"] == "urn:ogc:def:crs:EPSG::32633"
    assert sorted(outer)[0] == [500100.0, 5399700.0]
    assert [sum(1 for _ in ring) for ring in (outer, hole)] == [5, 5]


def test_geopackage_is_read_by_gdal(raster: Path, tmp_path: Path) -> None:
    """Layers, coordinate system, attributes and polygons with holes."""
    pyogrio, shapely = peer("pyogrio"), peer("shapely")
    root = tmp_path / "data"
    (root / "images").mkdir(parents=True)
    (root / "annotations").mkdir()
    (root / "images" / "field.tif").write_bytes(raster.read_bytes())
    Image.new("RGB", (40, 30)).save(root / "images" / "plain.png")
    mask = np.zeros((700, 1100), np.uint8)
    mask[100:600, 200:900], mask[300:350, 400:500] = 1, 255
    mask[650, 3], mask[651, 4] = 1, 1
    Image.fromarray(mask).save(root / "annotations" / "field.png")
    Image.fromarray(mask[90:120, 190:230]).save(root / "annotations" / "plain.png")
    (root / "tags.csv").write_text("image,tags\nimages/field.tif,cat\nimages/plain.png,cat\n",
                                   encoding="utf-8")
    export(root, tmp_path / "out", "geopackage")
    path = tmp_path / "out" / "polygons.gpkg"
    assert pyogrio.list_layers(path).tolist() == [["objects", "MultiPolygon"],
                                                  ["objects_2", "MultiPolygon"]]
    info = pyogrio.read_info(path, layer="objects", force_total_bounds=True)
    assert (info["crs"], info["features"]) == ("EPSG:32633", 1)
    meta, _, geometry, fields = pyogrio.raw.read(path, layer="objects")
    values = dict(zip(meta["fields"], (column[0] for column in fields), strict=True))
    assert (values["photo"], values["class"], values["label"]) == ("field.tif", "cat", 1)
    (shape,) = shapely.from_wkb(geometry)
    assert shape.is_valid
    assert len(shape.geoms) == 3
    pixel = (info["total_bounds"][2] - info["total_bounds"][0]) / (900 - 3)
    assert shape.area == pytest.approx(values["pixels"] * pixel**2)
    assert values["pixels"] == (mask == 1).sum()


def test_predict_keeps_the_place_of_a_raster(raster: Path, tmp_path: Path) -> None:
    """Its mask is a GeoTIFF, from which polygons can be made."""
    from tag2mask.core.progress import Progress
    from tag2mask.prediction.predict import predict_photos
    from tag2mask.prediction.segmentation import LoadedSegmenter

    class Bright:
        """Stands in for a network."""

        class spec:  # noqa: N801  (an attribute of the real one)
            """Only the names are asked for."""

            classes = ("field",)

        def predict(self, photo: np.ndarray, classes: object = None) -> np.ndarray:
            """Take what is bright."""
            return (photo[..., 0] > 100).astype(np.uint8)

    predict_photos([raster], LoadedSegmenter(Bright()), out=tmp_path / "out",  # type: ignore[arg-type]
                   workers=0, progress=Progress())
    with peer("rasterio").open(tmp_path / "out" / "masks" / "field.tif") as found:
        assert (found.crs.to_epsg(), int((found.read(1) == 1).sum())) == (32633, 345_000)
    export_labels(tmp_path / "out", tmp_path / "json", format="geojson",
                  selection=Selection(what="predictions"), options=WriteOptions())
    made = json.loads((tmp_path / "json" / "field.geojson").read_text(encoding="utf-8"))
    assert made["features"][0]["properties"]["pixels"] == 345_000
