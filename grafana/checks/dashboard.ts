// The types of a dashboard: Grafana's own, with two changes because the dashboards are JSON files.
import type { AnnotationQuery, Dashboard, DataQuery, Panel, RowPanel } from "@grafana/schema";

// In a file, the values of an enum are strings.
type Written<T> = T extends string
  ? `${T}`
  : T extends readonly (infer Item)[]
    ? Written<Item>[]
    : T extends object
      ? { [Key in keyof T]: Written<T[Key]> }
      : T;

// Fields that Grafana's Prometheus plugin adds to queries and annotations.
type Query = Written<DataQuery> & { expr: string; legendFormat: string };
type Annotation = Written<AnnotationQuery> & {
  expr: string;
  step: string;
  titleFormat: string;
  textFormat: string;
  useValueForTime: boolean;
};

type Graph = Omit<Written<Panel>, "targets" | "options" | "fieldConfig"> & {
  fieldConfig: Written<NonNullable<Panel["fieldConfig"]>>;
  options: Record<string, unknown>;
  targets: Query[];
};

export type Checked = Omit<Written<Dashboard>, "annotations" | "panels"> & {
  annotations: { list: Annotation[] };
  panels: (Graph | Written<RowPanel>)[];
};
